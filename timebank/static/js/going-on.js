// A long piece of work is done in parts, one for each time that its form is sent. With this file nobody has to press.

const PAUSE = 400

export function enhanceGoingOn () {
  const form = document.querySelector("form[data-go-on]")
  if (form) window.setTimeout(() => form.requestSubmit(), PAUSE)
}
