import { expect, it } from 'vitest'
import { decompressXz } from '../../src/lib/xz.ts'

// Made by xz 5.4.1.
const squares = '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4CAiBRFdABgICud6GZsPURQnMtDY6Q1hXiYM9pi4HMD9Bu3Ychrn0FfWFmAKCx5peO4GnMVtsXPjkr+TElcNIMl7' +
  'DYziXNivAtpbM99D09B/HZ3REMS2YGldfdniglAF1MBZUJgoMJvluHaUKmSapG8czz8FZcqIfn52+G/Lot15dZZl5/Y8E2WpGgAxJrbXSdaaX3zKcLAp9Qs5' +
  'K1etXDQNagvz7xDu6G6GHHfGmb4DLPKChhFu39RVVbSiW03Dq4Zo2jVZI4xmhBpHldOOqOEn0wndVKSldJC+Ffb8lEeuqoAYzH3jZuNAk/fNHRL35KwnWfqt' +
  'J/GVHD9KFelW6iuPi9Qi0Vbdc/cfT7/esf+bjI7Gp8bg/kDIV9y35j1R7xyrfVeGbMW4XvkYQ9HoiR6fOUafGXSY+3NeWwjatDSozPWCWHE6EugDx+90gCbw' +
  'XiobyzrKtvyLl1dAy7y/PG7NpHnLhUHw7bNyOvtAfaKQ/rRr9FOek1cMJMRrRmg3ZqxZQvQLzlMyrf8x2lAX0Imr/Ln21HVEVHQO7Wc+BcgKA35ScV5zBMjr' +
  'sPqujux2tjm004RJP11HKG5pzosHwOfuFgnz7KzPbwERSHQcrXz5ltmwtrSSTxhsPzmdZp4OqYPL9b+BudA/SL/27wblo/fK17oB1uSZXdYz8kQ/riID4TFH' +
  'XrWNODAKL4Alz0g6ZtTSF0C0DkmZjKnR0Rkp/hsOcEq8GkjEnKMJ7SErEPs/lOo26o+ss6q60InRu0utjFj8nvkGqSwuQgTH5IJOraCBQveyHlFPyoDGmsiU' +
  'Wk3nWkeQOvP/9kbQQcJA6Acuu0Pzvs36e9mvztmXW2Asgmjsl29LTnvVmNHHiuhcKw1vZYKVF74i1N6L3osYgJx3lERFBimY+OokU+lHpQItySFYEztsh1Jd' +
  '2ibEFRzQosmwTzy4GrMxSLSJtKE0sICFhWgorz6/cVzviSK6CKuz9eyNLwbG/5A7pY6KQatc7OLLVASfLM+fGun/CLGANW4Lo6fhAA+B3ZZx+9rj87OYVJkh' +
  'OzD7nuKxykj75Hydq9C6WbZIjKNs51Y4DnmfaS5smPcSl8E2/IQYqgWE/5AygBk7KcuxZLJFtzf3kaHG+So3nZzQFS4yJ1sRJXoEXUqETjT7iDDmFYGVLxxe' +
  'thzw96C8gMqwtrTCgxrta9jih1WcglCa6jJPm+lIt6NlQioKgO9R+Cit3yRIHHNkGfYoCan/tdbtqUisxTEvWhebn2l+prkqBSXQAB5D6Q2ZnUdtOLqdXOp9' +
  '8NXOzD3QsifJa//p+jLHwx1g65e6O9sqntS3M0bE9yWD/AghPP/CKpjmZdkxU+Op+7Bi0xNUJFo3UIpYVVVmdtcz3pUcMKMJsZzxsX18PJ+cpYcYcyCpGfkP' +
  'zrvlWNC0ZGd4fMvvkU2DogIMkP9hiPiJsK5gznybcl08YlkH/LKy4z86L2FaQVz6cxmLHKsguepMbGUZbjYhUBrfYYEE1kI3SHC0dCYBpJnANvl0ZXneQldS' +
  'kPNzp3bYYtftCryvphnayEAL+YV11aZO1pSo9YBz5jELfGcwfcLDUfwEl7zKGI69asqsTVIBJPOWiPBtzF7mH6B6+Sl/LeB4C3OMO7NZVO8mM/kWoOk6ZXZK' +
  'rVevL+j9l2dd9pMyM/TU1SDoCzunvbgmLyjJWbSVMVuoDgSaUJ7P76PdBB77RyvoiLgXGABCTMn12VODZYHm6NKDvNYAAAAANH4WnGMum00AAa0Ko0AAAGf1' +
  'IwOxxGf7AgAAAAAEWVo='
const repeated = '/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4AGuABpdACaRRsDRlFfklcfYyNLt738wDci3EUlsYAAAAAAAAAEurwMAAAAyFzEeqAAK/AIAAAAAAFla'
const random = '/Td6WFoAAArh+wyhAgAhARYAAAB0L+WjAQDHeUK98iEG8IR3YvDzy012TccHIFEVmg+J8sbayuNEuzESRf1vhN+a18Wz0HasDo9TpzVsiJE/IPb3LbAi0k0K' +
  'ltrUPBYXwamOeBKeAyc3EGXQlYZPFa2guEbBwOvFNIrceZrfhJutBdShCsBEHqrutLSO+gsfCr2A6ZijWrpeoL2HmcE1DUOecYl6p1/eMTSkqnLgViisb+aK' +
  'cz0RYaFdjq4rsELXlYrtsdWU1tES009mAvTecRDpk650IpI9fRcRZdwZBvY9V5kA9P/PeYNnka/uFxVxuJhg/Kih/dODTt8qXkftGst/SV8AAfgByAEAAMfK' +
  'z7W26d8cAgAAAAAKWVo='

const unpack = (text: string, largest = 1 << 20): Buffer => decompressXz(Buffer.from(text, 'base64'), largest)

it('unpacks text, repetitions without a checksum, and what cannot be packed', () => {
  expect(unpack(squares).toString()).toBe(Array.from({ length: 400 }, (_, i) => `${i} squared is ${i * i}\n`).join(''))
  expect(unpack(repeated).toString()).toBe(`MESSAGE=xz ${'abcdef '.repeat(60)}`)
  expect(unpack(random).length).toBe(200)
})

it('refuses what is no such stream, cut, or too large', () => {
  expect(() => unpack('AAAA')).toThrow('no stream of xz')
  expect(() => decompressXz(Buffer.from(squares, 'base64').subarray(0, 100), 1 << 20)).toThrow(RangeError)
  expect(() => unpack(squares, 100)).toThrow('too large')
})
