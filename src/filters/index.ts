/** The table of filters. */
import type { FilterSpec } from '../plugin/filter.ts'
import { aws } from './aws.ts'
import { contentModifier } from './content-modifier.ts'
import { expect } from './expect.ts'
import { grep } from './grep.ts'
import { kubernetes } from './kubernetes.ts'
import { modify } from './modify.ts'
import { multiline } from './multiline.ts'
import { nest } from './nest.ts'
import { parser } from './parser.ts'
import { recordModifier } from './record-modifier.ts'
import { rewriteTag } from './rewrite-tag.ts'
import { throttle } from './throttle.ts'
import { typeConverter } from './type-converter.ts'

export const filters: readonly FilterSpec[] = [
  aws, contentModifier, expect, grep, kubernetes, modify, multiline, nest, parser, recordModifier, rewriteTag, throttle, typeConverter
] as readonly FilterSpec[]
