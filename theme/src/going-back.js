// Going back to a half-filled form brings back what the browser itself does not
// keep: fields in which it must not suggest what others typed before. It is kept
// for this tab alone, and signing out takes it away.

const PREFIX = "typed-in:"

export function enhanceGoingBack () {
  const name = PREFIX + location.pathname
  const fields = () => [...document.querySelectorAll("main input[autocomplete=off]")].filter((field) => field.id)
  // The page to check what was typed has the same address, and nothing of its own to keep.
  if (!fields().length) return

  const [arrival] = performance.getEntriesByType("navigation")
  if (arrival && arrival.type === "back_forward") {
    const typed = JSON.parse(sessionStorage.getItem(name) || "{}")
    fields().forEach((field) => { field.value ||= typed[field.id] || "" })
  }
  window.addEventListener("pagehide", () => {
    sessionStorage.setItem(name, JSON.stringify(Object.fromEntries(fields().map((field) => [field.id, field.value]))))
  })
}
