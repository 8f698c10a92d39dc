/** How far each image is from the one before it: the Euclidean distance of their pixels. */
export function imageChanges(images: readonly Float32Array[]): number[] {
  return images.slice(1).map((image, index) => {
    const before = images[index]!;
    let square = 0;
    for (let pixel = 0; pixel < image.length; pixel++) square += (image[pixel]! - before[pixel]!) ** 2;
    return Math.sqrt(square);
  });
}
