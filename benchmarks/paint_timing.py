"""When something was on the screen, measured inside the page, by one definition for all that is compared.

`window.onceVisible(callback)` calls back with `performance.now()` right after the frame that shows what the
page holds now: the frame being made, if called while one is made, otherwise the next. An animation-frame
callback that registers itself again first thing is the first of every frame, so it knows when a frame
begins; a message posted there arrives when that frame has been painted.
"""

ONCE_VISIBLE = """
(() => {
  let waiting = [];
  let promised = [];
  let rendering = false;
  const painted = new MessageChannel();
  painted.port1.onmessage = () => {
    rendering = false;
    const now = performance.now();
    const due = promised;
    promised = [];
    for (const callback of due) callback(now);
  };
  const frame = () => {
    requestAnimationFrame(frame);
    rendering = true;
    promised.push(...waiting);
    waiting = [];
    painted.port2.postMessage(null);
  };
  requestAnimationFrame(frame);
  window.onceVisible = (callback) => (rendering ? promised : waiting).push(callback);
})();
"""
