const isPicture = (file: File): boolean => file.type.startsWith("image/");

/** Takes pictures that are dropped or pasted anywhere on the page: one that fell beside us would open in our place. */
export function takePictures(root: HTMLElement, take: (file: File) => void, signal: AbortSignal): void {
  const carriesFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener(
    "dragover",
    (event) => {
      if (!carriesFile(event) || event.defaultPrevented) return;
      event.preventDefault();
      root.classList.add("receiving");
    },
    { signal },
  );
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && root.classList.remove("receiving"), { signal });
  document.addEventListener(
    "drop",
    (event) => {
      root.classList.remove("receiving");
      const [file] = event.dataTransfer?.files ?? [];
      if (!file || event.defaultPrevented) return;
      event.preventDefault();
      take(file);
    },
    { signal },
  );
  document.addEventListener(
    "paste",
    (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find(isPicture);
      if (!file) return;
      event.preventDefault();
      take(file);
    },
    { signal },
  );
}
