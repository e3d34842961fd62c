// What every page needs. Each behaviour has a file of its own.
import "./requests.js";
import "./menus.js";
import "./theme.js";
import "./keys.js";
import "./copy.js";
import "./scrolling.js";
