// Turns a text field into one that finds people while one types. The field
// keeps its name, id, value, hint and error, and whatever was typed is sent,
// so the server treats it as it treats the plain field.

const ENGLISH = {
  noResults: "Nobody found with that name",
  tooShort: "Type {count} or more letters of a name",
  results: "{count} people found.",
  oneResult: "1 person found.",
  highlighted: "{name}, {position} of {count}, is highlighted",
  assistiveHint: "When names appear, use the up and down arrows to look through them and enter to choose. On a touch screen, explore by touch or with swipes."
}
const SHORTEST = 2
const PAUSE = 200

export async function enhancePeopleSearches (texts) {
  const inputs = document.querySelectorAll("input[data-people-search]")
  if (!inputs.length) return
  // A script for old browsers as well: it leaves its function on the window.
  await import("./accessible-autocomplete.min.js")
  inputs.forEach((input) => enhance(input, { ...ENGLISH, ...texts }))
}

function enhance (input, texts) {
  const label = document.querySelector(`label[for="${CSS.escape(input.id)}"]`)
  if (label && !label.id) label.id = `${input.id}-label`
  const hadFocus = document.activeElement === input
  const holder = document.createElement("div")
  holder.className = "ch-people-search"
  input.replaceWith(holder)

  window.accessibleAutocomplete({
    element: holder,
    id: input.id,
    name: input.name,
    defaultValue: input.value,
    inputClasses: input.className,
    menuAttributes: label ? { "aria-labelledby": label.id } : {},
    minLength: SHORTEST,
    displayMenu: "overlay",
    confirmOnBlur: false,
    required: input.required,
    source: searcher(input.dataset.peopleSearch),
    // The library puts a suggestion into the page as HTML, and people's names are not ours.
    templates: { inputValue: (label) => label, suggestion: asText },
    tNoResults: () => texts.noResults,
    tStatusNoResults: () => texts.noResults,
    tStatusQueryTooShort: (count) => texts.tooShort.replace("{count}", count),
    tStatusResults: (count, highlighted) =>
      `${count === 1 ? texts.oneResult : texts.results.replace("{count}", count)} ${highlighted}`,
    tStatusSelectedOption: (name, count, index) =>
      texts.highlighted.replace("{name}", name).replace("{position}", index + 1).replace("{count}", count),
    tAssistiveHint: () => texts.assistiveHint
  })

  const field = holder.querySelector("input")
  keepAttributes(input, field)
  keepDescription(input.getAttribute("aria-describedby"), field)
  if (hadFocus) field.focus()
}

function asText (label) {
  const holder = document.createElement("span")
  holder.textContent = label
  return holder.innerHTML
}

function keepAttributes (from, to) {
  for (const { name, value } of from.attributes) {
    if (!to.hasAttribute(name)) to.setAttribute(name, value)
  }
}

// The library takes its own description away once somebody types; the hint and
// the error of the field must stay.
function keepDescription (wanted, field) {
  if (!wanted) return
  const ids = wanted.split(/\s+/)
  const restore = () => {
    const present = (field.getAttribute("aria-describedby") || "").split(/\s+/).filter(Boolean)
    if (ids.every((id) => present.includes(id))) return
    field.setAttribute("aria-describedby", [...ids, ...present.filter((id) => !ids.includes(id))].join(" "))
  }
  restore()
  new MutationObserver(restore).observe(field, { attributes: true, attributeFilter: ["aria-describedby"] })
}

function searcher (address) {
  let pause
  let asking
  return (query, show) => {
    clearTimeout(pause)
    if (asking) asking.abort()
    pause = setTimeout(async () => {
      asking = new AbortController()
      try {
        const url = new URL(address, window.location.href)
        url.searchParams.set("q", query)
        const answer = await fetch(url, {
          headers: { Accept: "application/json" },
          credentials: "same-origin",
          signal: asking.signal
        })
        const people = answer.ok ? (await answer.json()).people : []
        show(people.map((person) => person.label))
      } catch (problem) {
        // Without an answer the field is a plain text field again.
        if (problem.name !== "AbortError") show([])
      }
    }, PAUSE)
  }
}
