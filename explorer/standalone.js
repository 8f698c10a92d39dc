// Mounts the explorer on the model that the address names, or a comparison of those that it names as compare=.
const parameters = new URLSearchParams(location.search);
const main = document.getElementById("explorer");

/** A folder that the address names, on this server alone: what lies at `assets` is run as a script of this page. */
function folder(parameter, otherwise, named = parameters.get(parameter)) {
  const url = new URL(named ?? otherwise, location.href);
  if (url.protocol === location.protocol && url.host === location.host) return url.href;
  main.textContent = `This page opens only what lies on its own server: ${parameter}=${url.href} is elsewhere.`;
  throw new Error(main.textContent);
}

const assetsUrl = folder("assets", "dist/");
const modelUrl = folder("model", "model/");
const files = await (await fetch(`${assetsUrl}assets.json`)).json();
const compared = parameters.getAll("compare").map((named) => folder("compare", "", named));
const { mount } = await import(assetsUrl + (compared.length > 0 ? files.compare : files.component));
// What is told of what a hand has done, in order, for whoever looks.
Object.assign(window, { released: [], reported: [] });
main.addEventListener("explorer:released", ({ detail }) => window.released.push(detail));
main.addEventListener("explorer:scene", ({ detail }) => window.reported.push(detail));
const alone = {
  page: parameters.get("page") ?? "explore",
  assetsUrl,
  files,
  modelUrl,
  manifestVersion: "",
  decoding: parameters.get("decoding") !== "off",
  name: parameters.get("model"),
  service: false,
};
const beside = {
  assetsUrl,
  files,
  models: compared.map((url) => ({ name: url, title: url.split("/").at(-2), modelUrl: url, manifestVersion: "" })),
  testImages: false,
};
window.explorerOptions = compared.length > 0 ? beside : alone;
window.explorer = mount(main, window.explorerOptions);
