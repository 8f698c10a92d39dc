const isPicture = (file: File): boolean => file.type.startsWith("image/");

/** Takes pictures that are dropped on an element or pasted anywhere on the page. */
export function takePictures(root: HTMLElement, take: (file: File) => void, signal: AbortSignal): void {
  const carriesFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  root.addEventListener(
    "dragover",
    (event) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      root.classList.add("receiving");
    },
    { signal },
  );
  root.addEventListener("dragleave", (event) => event.relatedTarget === null && root.classList.remove("receiving"), { signal });
  root.addEventListener(
    "drop",
    (event) => {
      root.classList.remove("receiving");
      const [file] = event.dataTransfer?.files ?? [];
      if (!file) return;
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
