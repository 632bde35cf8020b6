// Every page works without this file; with it some things are easier.

import { initAll } from "./govuk-frontend.min.js"
import { enhanceDurations } from "./duration.js"
import { enhanceGoingBack } from "./going-back.js"
import { enhanceGoingOn } from "./going-on.js"
import { enhancePeopleSearches } from "./people-search.js"
import { enhanceTicks } from "./ticks.js"

const element = document.getElementById("ch-texts")
const texts = element ? JSON.parse(element.textContent) : {}

initAll({
  characterCount: { i18n: texts.characterCount },
  passwordInput: { i18n: texts.passwordInput },
  button: { preventDoubleClick: true }
})
// Before the others, which begin with what is in their fields.
enhanceGoingBack()
enhanceDurations(texts.duration)
enhancePeopleSearches(texts.peopleSearch)
enhanceTicks(texts.ticks)
enhanceGoingOn()

document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false
  button.addEventListener("click", () => window.print())
})
