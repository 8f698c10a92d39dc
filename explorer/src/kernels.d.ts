declare module "kernels:*" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
