/** Zone abbreviations that `%Z` knows, with their offsets from UTC in hours: those of Fluent Bit 5.1. */
const HOURS: { readonly [abbreviation: string]: number } = {
  GMT: 0, UTC: 0, Z: 0, UT: 0,
  EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7,
  AKST: -9, AKDT: -8, HST: -10, HADT: -9, AST: -4, ADT: -3, NST: -3.5, NDT: -2.5,
  WET: 0, WEST: 1, CET: 1, CEST: 2, EET: 2, EEST: 3, MSK: 3,
  ART: -3, BRT: -3, BRST: -2, CLT: -4, CLST: -3,
  AEST: 10, AEDT: 11, ACST: 9.5, ACDT: 10.5, AWST: 8, NZST: 12, NZDT: 13,
  JST: 9, KST: 9, SGT: 8, IST: 5.5, GST: 4, ICT: 7, WIB: 7, WITA: 8, WIT: 9, MYT: 8, BDT: 6, NPT: 5.75,
  WAT: 1, CAT: 2, EAT: 3, SAST: 2,
  A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8, I: 9, K: 10, L: 11, M: 12,
  N: -1, O: -2, P: -3, Q: -4, R: -5, S: -6, T: -7, U: -8, V: -9, W: -10, X: -11, Y: -12
}

/** Seconds east of UTC, by abbreviation in upper case. */
export const zoneOffsets: ReadonlyMap<string, number> = new Map(
  Object.entries(HOURS).map(([abbreviation, hours]) => [abbreviation, hours * 3600])
)
