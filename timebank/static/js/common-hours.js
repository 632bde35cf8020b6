// Every page works without this file; with it some things are easier.

import { initAll } from "./govuk-frontend.min.js"
import { enhanceDurations } from "./duration.js"
import { enhancePeopleSearches } from "./people-search.js"
import { enhanceTicks } from "./ticks.js"

const element = document.getElementById("ch-texts")
const texts = element ? JSON.parse(element.textContent) : {}

initAll({
  characterCount: { i18n: texts.characterCount },
  passwordInput: { i18n: texts.passwordInput },
  button: { preventDoubleClick: true }
})
enhanceDurations(texts.duration)
enhancePeopleSearches(texts.peopleSearch)
enhanceTicks(texts.ticks)
