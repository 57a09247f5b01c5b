/**
 * Runs agents on a configuration, one after the other: when it is loaded again, the next one goes on where the one before
 * ended. A configuration that is wrong, or that a plugin refuses, never touches what runs.
 */
import { Agent, type Surroundings } from './agent.ts'
import type { Plan } from './config/plan.ts'
import { ConfigurationError, renderProblem, renderProblems, type Problem } from './config/problem.ts'
import { FantailError } from './errors.ts'
import { AgentLog } from './log.ts'
import type { ReloadAnswer } from './metrics/server.ts'
import { withFluentBitBacklog } from './agent/fluent-bit-backlog.ts'
import { provePlan, refusals } from './agent/prove.ts'
import { Reloads, type ReloadSource } from './agent/reloads.ts'
import { SecretWatch } from './agent/secret-watch.ts'
import { stateDirectory } from './agent/state-directory.ts'

export interface Signals {
  /** Aborts when the agent shall end in good order. */
  readonly stop: AbortSignal
  /** Aborts when it shall end at once. */
  readonly stopNow: AbortSignal
}

/** Runs a checked plan until it is told to stop or an input has come to its end. Returns the exit code. */
export async function runAgent(plan: Plan, signals: Signals, source?: ReloadSource): Promise<number> {
  const runner = new Runner(signals, source)
  return await runner.run(plan)
}

/** What the plugins of a checked plan refuse, without running them; `elsewhere` when it is for another machine. */
export async function validatePlan(plan: Plan, elsewhere: boolean): Promise<Problem[]> {
  return await refusals(plan, elsewhere)
}

class Runner {
  readonly #signals: Signals
  readonly #source: ReloadSource | undefined
  readonly #reloads = new Reloads()
  readonly #startedAt = Date.now()
  readonly #server: Surroundings['server'] = { current: undefined, address: '' }
  #log: AgentLog | undefined
  #logSettings = ''
  #plan: Plan | undefined
  #secrets: SecretWatch | undefined

  constructor(signals: Signals, source: ReloadSource | undefined) {
    this.#signals = signals
    this.#source = source
  }

  async run(plan: Plan): Promise<number> {
    try {
      return await this.#run(plan)
    } finally {
      this.#secrets?.close()
      await this.#server.current?.close()
    }
  }

  async #run(first: Plan): Promise<number> {
    const { stop, stopNow } = this.#signals
    let plan = first
    let agent = this.#make(plan)
    try {
      await agent.start()
    } catch (error) {
      await agent.abandon()
      if (!(error instanceof ConfigurationError)) throw error
      // a start ends at the first plugin that refuses; whoever mends it wants to know of all
      const all = await refusals(plan)
      process.stderr.write(renderProblems(all.length > 0 ? all : error.problems, plan.sources) + '\n')
      return 1
    }
    this.#source?.onHangup(() => this.#hangup())
    for (;;) {
      this.#plan = plan
      this.#watchSecrets(plan)
      const ended = agent.ended(stop)
      for (;;) {
        const event = await Promise.race([ended, this.#reloads.next()])
        if (typeof event === 'number') {
          await agent.stop(stopNow)
          return event
        }
        const next = await this.#load(plan, agent)
        if ('status' in next) {
          event.answer(next)
          continue
        }
        const replaced = await this.#replace(agent, plan, next)
        event.answer(replaced.answer)
        if (replaced.agent === undefined) return 1
        plan = replaced.plan
        agent = replaced.agent
        break
      }
    }
  }

  #make(plan: Plan): Agent {
    const { log_level, log_file } = plan.service
    const settings = `${log_level} ${log_file ?? ''}`
    if (this.#log === undefined || settings !== this.#logSettings) this.#log = new AgentLog({ level: log_level, file: log_file })
    this.#logSettings = settings
    return new Agent(withFluentBitBacklog(plan), this.#log, {
      startedAt: this.#startedAt,
      server: this.#server,
      reloads: this.#reloads,
      // whoever reaches the port can ask, so it must have been allowed
      reload: plan.service.hot_reload === true && this.#source !== undefined ? () => this.#reloads.request() : undefined
    })
  }

  #hangup(): void {
    const enabled = this.#plan?.service.hot_reload ?? this.#source?.byDefault
    if (enabled === true) void this.#reloads.request()
    else this.#log?.child('agent').warn('SIGHUP has no effect, since hot_reload is not on.')
  }

  #watchSecrets(plan: Plan): void {
    this.#secrets?.close()
    this.#secrets = this.#source === undefined ? undefined : new SecretWatch(plan.secretFiles, this.#log!.child('agent'), () => {
      this.#log?.child('agent').info('A file that a value is read from has changed: the configuration is loaded again.')
      void this.#reloads.request()
    })
  }

  /** Reads, checks and proves the configuration: the plan to go on with, or why not. */
  async #load(plan: Plan, agent: Agent): Promise<Plan | ReloadAnswer> {
    try {
      const result = await this.#source!.load()
      const next = result.plan
      if (next === undefined) {
        return this.#refused(result.problems.filter(({ level }) => level === 'error').map((problem) => renderProblem(problem, result.sources)))
      }
      const directory = stateDirectory(next)
      if (directory !== stateDirectory(plan)) {
        return this.#refused([`The state would lie in ${directory} instead of ${stateDirectory(plan)}; only a restart can change that.`])
      }
      await provePlan(withFluentBitBacklog(next), agent.store, this.#log!)
      return next
    } catch (error) {
      return this.#refused(reasonsOf(error, plan))
    }
  }

  #refused(errors: readonly string[]): ReloadAnswer {
    this.#log!.child('agent').error(`The configuration that was to be loaded is refused; what ran before runs on.\n${errors.join('\n')}`)
    return { reload: 'failed', status: -1, errors }
  }

  /** The next plan in the place of the present one; the present one again, should the next not start after all. */
  async #replace(agent: Agent, plan: Plan, next: Plan): Promise<Replaced> {
    await agent.handOver(this.#signals.stopNow)
    const successor = this.#make(next)
    try {
      await successor.start()
      this.#log!.child('agent').info('The configuration was loaded again.', { warnings: next.warnings.length })
      return { agent: successor, plan: next, answer: { reload: 'done', status: 0 } }
    } catch (error) {
      await successor.abandon()
      const answer = this.#refused(reasonsOf(error, next))
      const again = this.#make(plan)
      try {
        await again.start()
        return { agent: again, plan, answer }
      } catch (failure) {
        await again.abandon()
        this.#log!.child('agent').error(`What ran before cannot be started again.\n${reasonsOf(failure, plan).join('\n')}`)
        return { agent: undefined, plan, answer }
      }
    }
  }
}

interface Replaced {
  /** What runs now; undefined when nothing does. */
  readonly agent: Agent | undefined
  readonly plan: Plan
  readonly answer: ReloadAnswer
}

function reasonsOf(error: unknown, { sources }: Plan): string[] {
  if (error instanceof ConfigurationError) return error.problems.map((problem) => renderProblem(problem, sources))
  return [error instanceof FantailError || error instanceof Error ? error.message : String(error)]
}
