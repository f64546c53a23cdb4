// A new question goes to the top of the window, so that its answer is read from the beginning.
// Gradio labels each message with its markup, which a screen reader would spell out: the label is taken off.
let asked = 0;
new MutationObserver(() => {
  for (const message of document.querySelectorAll("#log [data-testid][aria-label]")) message.removeAttribute("aria-label");
  const questions = document.querySelectorAll("#log .asked");
  if (questions.length > asked) {
    const row = questions[questions.length - 1].closest(".message-row");
    setTimeout(() => row?.scrollIntoView({ behavior: "smooth", block: "start" }), 150);
  }
  asked = questions.length;
}).observe(document.documentElement, { childList: true, subtree: true });
