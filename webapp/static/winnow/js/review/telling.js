// Events of the screen, for the parts that stand beside each other; api.js lists them.

/** Dispatch one of the events above. @param {string} name @param {object} detail @returns {boolean} false: cancelled */
export function tell(name, detail) {
  return document.dispatchEvent(new CustomEvent(`review:${name}`, { detail, cancelable: true }));
}
