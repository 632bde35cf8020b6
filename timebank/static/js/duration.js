// Reads a length of time as people write it, and says back what was understood.
// The server decides, in timebank/hours.py; this reads the same things the same
// way, and only spares people a surprise.

const LONGEST_MINUTES = 10000 * 60
const LONGEST_TEXT = 40

const FRACTIONS = {
  "¼": "1/4", "½": "1/2", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8",
  "⅞": "7/8", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6"
}

const AMOUNT = "(\\d+\\.\\d+|\\.\\d+|\\d+ \\d+/\\d+|\\d+/\\d+|\\d+)"
const HOURS = "(?:h|hr|hrs|hour|hours|awr)\\.?"
const MINUTES = "(?:m|min|mins|minute|minutes|munud)\\.?"

const CLOCK = new RegExp(`^(\\d+):([0-5]\\d)(?: ?${HOURS})?$`)
const MINUTES_ALONE = new RegExp(`^${AMOUNT} ?${MINUTES}$`)
const HOURS_ALONE = new RegExp(`^${AMOUNT}(?: ?${HOURS})?$`)
const HOURS_AND_MINUTES = new RegExp(`^(\\d+) ?${HOURS} ?(?:and )?(\\d+)(?: ?${MINUTES})?$`)

// What looks like a clock and like a decimal fraction, such as 1.30; the server asks which of them is meant.
const LIKE_A_CLOCK = new RegExp(`^\\d+\\.(?!00|25|33|34|50)[0-5]\\d(?: ?${HOURS})?$`)

// Whole minutes, or null for anything that is not surely a length of time.
// "1,5" is among those: it may mean one and a half, or a slip of the finger.
export function parseDuration (typed) {
  if (typed.length > LONGEST_TEXT) return null
  const text = tidy(typed)
  const minutes = LIKE_A_CLOCK.test(text) ? null : read(text)
  return minutes !== null && minutes >= 1 && minutes <= LONGEST_MINUTES ? minutes : null
}

function tidy (typed) {
  // The space keeps "1½" from becoming eleven halves.
  const written = typed.replace(/[¼½¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘⅙⅚]/g, (sign) => ` ${FRACTIONS[sign]}`)
  return written.normalize("NFKC").replace(/⁄/g, "/").toLowerCase().trim().replace(/\s+/g, " ")
}

function read (text) {
  let found = text.match(CLOCK)
  if (found) return Number(found[1]) * 60 + Number(found[2])
  found = text.match(MINUTES_ALONE)
  if (found) return minutesIn(found[1], 1)
  found = text.match(HOURS_ALONE)
  if (found) return minutesIn(found[1], 60)
  found = text.match(HOURS_AND_MINUTES)
  return found ? Number(found[1]) * 60 + Number(found[2]) : null
}

// To the nearest minute, halves up, in whole numbers: a sum of floating point
// could be off by a hair, and then say another minute than the server counts.
function minutesIn (amount, each) {
  let over = 0n
  let under = 1n
  for (const part of amount.split(" ")) {
    const [top, bottom] = asFraction(part)
    if (bottom === 0n) return null
    over = over * bottom + top * under
    under *= bottom
  }
  return Number((2n * over * BigInt(each) + under) / (2n * under))
}

function asFraction (part) {
  if (part.includes("/")) return part.split("/").map(BigInt)
  const [whole, decimals = ""] = part.split(".")
  return [BigInt(whole + decimals), 10n ** BigInt(decimals.length)]
}

export function durationInWords (minutes, words) {
  const whole = Math.floor(minutes / 60)
  const rest = minutes % 60
  const parts = []
  if (whole) parts.push(`${whole} ${whole === 1 ? words.hour : words.hours}`)
  if (rest) parts.push(`${rest} ${rest === 1 ? words.minute : words.minutes}`)
  return parts.join(" ")
}

const ENGLISH = { understood: "That is {hours}", unknown: "", hour: "hour", hours: "hours", minute: "minute", minutes: "minutes" }

export function enhanceDurations (texts) {
  document.querySelectorAll("input[data-duration]").forEach((input) => enhance(input, { ...ENGLISH, ...texts }))
}

function enhance (input, texts) {
  const data = input.dataset
  const words = {
    understood: data.textUnderstood || texts.understood,
    unknown: data.textUnknown || texts.unknown,
    hour: data.wordHour || texts.hour,
    hours: data.wordHours || texts.hours,
    minute: data.wordMinute || texts.minute,
    minutes: data.wordMinutes || texts.minutes
  }
  const readback = document.createElement("p")
  readback.className = "ch-readback"
  readback.id = `${input.id}-readback`
  readback.setAttribute("aria-live", "polite")
  // An input with a suffix sits in a wrapper; the sentence belongs below both.
  const anchor = input.closest(".govuk-input__wrapper") || input
  anchor.insertAdjacentElement("afterend", readback)

  let shown = ""
  const show = (text, unknown) => {
    if (text === shown) return
    shown = text
    readback.textContent = text
    readback.classList.toggle("ch-readback--unknown", unknown)
  }
  const update = (finished) => {
    const minutes = parseDuration(input.value)
    if (minutes !== null) {
      show(words.understood.replace("{hours}", durationInWords(minutes, words)), false)
    } else {
      // While one types, half a word is not a mistake.
      show(finished && input.value.trim() ? words.unknown : "", true)
    }
  }
  // Waiting for a pause keeps a screen reader from saying every key.
  let pause
  input.addEventListener("input", () => {
    clearTimeout(pause)
    pause = setTimeout(() => update(false), 400)
  })
  input.addEventListener("change", () => {
    clearTimeout(pause)
    update(true)
  })
  update(false)
}
