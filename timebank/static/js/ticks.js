// Ticking at once all rows that need no second look, and counting the ticked ones.

const ENGLISH = { none: "Nothing is ticked", one: "1 is ticked", other: "{count} are ticked" }

export function enhanceTicks (texts) {
  document.querySelectorAll("[data-ticks]").forEach((form) => enhance(form, { ...ENGLISH, ...texts }))
}

function enhance (form, texts) {
  const boxes = [...form.querySelectorAll("input[data-tick]")]
  const holder = form.querySelector("[data-tick-all]")
  const all = holder && holder.querySelector("input")
  const counts = form.querySelectorAll("[data-tick-count]")
  if (!boxes.length) return
  const plain = boxes.filter((box) => !("needsALook" in box.dataset))

  const update = () => {
    const ticked = boxes.filter((box) => box.checked).length
    if (all) {
      const plainTicked = plain.filter((box) => box.checked).length
      all.checked = plain.length > 0 && plainTicked === plain.length
      all.indeterminate = plainTicked > 0 && plainTicked < plain.length
    }
    counts.forEach((count) => {
      const own = { none: count.dataset.textNone, one: count.dataset.textOne, other: count.dataset.textOther }
      const kind = ticked === 0 ? "none" : ticked === 1 ? "one" : "other"
      count.textContent = (own[kind] || texts[kind]).replace("{count}", ticked)
    })
  }

  if (all) {
    holder.hidden = plain.length === 0
    all.addEventListener("change", () => {
      plain.forEach((box) => { box.checked = all.checked })
      update()
    })
  }
  counts.forEach((count) => { count.hidden = false })
  boxes.forEach((box) => box.addEventListener("change", update))
  // The browser may bring ticks back after "back"; it does so just after loading.
  window.addEventListener("pageshow", update)
  update()
}
