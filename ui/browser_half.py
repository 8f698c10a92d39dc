"""Mounts parts of the browser half as Streamlit components, and hears of what happens in them."""

import json
from typing import Any

import streamlit as st

# The newlines matter: Streamlit takes a string without one for a path. The module is imported by its full
# address, because this code runs from a blob. Streamlit calls the function again on the same element
# whenever the data or the theme changes, hence one part of the page per element. A call that another one has overtaken
# before it was over is cleaned up after: it must not take away what the newer one goes on with.
LOADER = """
const states = STATES;
const triggers = TRIGGERS;
const mounted = new WeakMap();

const callbacks = (names, tell) =>
  Object.fromEntries(Object.entries(names).map(([callback, name]) => [callback, (value) => tell(name, value ?? true)]));

const optionsFrom = ({ data, setStateValue, setTriggerValue }) => ({
  ...data,
  ...callbacks(states, setStateValue),
  ...callbacks(triggers, setTriggerValue),
});

async function start(entry, parent) {
  try {
    const { mount } = await import(new URL(entry.options.module, document.baseURI).href);
    if (!entry.gone) entry.part = mount(parent, entry.options);
  } catch (error) {
    const message = document.createElement("p");
    message.setAttribute("role", "alert");
    message.textContent = `This part of the page could not be loaded (${error.message}). Reload the page.`;
    parent.append(message);
  }
}

export default function (component) {
  const parent = component.parentElement;
  let entry = mounted.get(parent);
  if (entry) {
    entry.options = optionsFrom(component);
    entry.part?.update(entry.options);
  } else {
    entry = { options: optionsFrom(component), part: null, gone: false, calls: 0 };
    mounted.set(parent, entry);
    start(entry, parent);
  }
  const call = ++entry.calls;
  return () => {
    if (call !== entry.calls) return;
    entry.gone = true;
    mounted.delete(parent);
    entry.part?.destroy();
  };
}
"""


def browser_component(
    name: str, *, states: dict[str, str] | None = None, triggers: dict[str, str] | None = None, css: str | None = None
) -> Any:
    """A component whose `data` are the options of `mount` in the module at `data["module"]`.

    `states` and `triggers` map the options that the browser calls back to the state values and triggers that hear it.
    """
    loader = LOADER.replace("STATES", json.dumps(states or {})).replace("TRIGGERS", json.dumps(triggers or {}))
    return st.components.v2.component(name, js=loader, css=css)
