// Mounts the lessons; the address chooses one, and holds what it shows.
const files = await (await fetch("dist/assets.json")).json();
const { mount } = await import(`./dist/${files.learn}`);
// The lessons that have been opened, in order, for whoever looks.
window.opened = [];
const pages = { explore: "./", interpolate: "interpolate", train: "train", models: "models" };
const options = { pages, trains: true, onLesson: (number) => window.opened.push(number) };
window.learning = mount(document.getElementById("explorer"), options);
