// Written by nf-secrets for one look at the pipeline; it can go.
//
// A config that Nextflow reads last. When the graph of the run is built, it prints one line, a marker and JSON. Then it
// halts the JVM, so that nothing of the pipeline's own `onComplete` happens, such as a mail.
// The strict parser of 25.04 knows no variables of closures but their parameters: so all names are in one map, `look`.
report.enabled = false
timeline.enabled = false
trace.enabled = false
dag.enabled = false
tower.enabled = false
weblog.enabled = false
notification.enabled = false

workflow.onComplete = {
  [session: Class.forName('nextflow.Global').session].with { look ->
    // From 25.10 on this happens after an error too, when the graph is not whole: then Nextflow says what is wrong.
    if (!look.session.workflowMetadata?.success) return

    look.config = look.session.config
    look.batch = look.config.aws?.batch
    look.wave = look.config.wave?.enabled?.toString() == 'true'
    look.fusion = look.config.fusion?.enabled?.toString() == 'true'

    // Asks for the session's lock as Nextflow does, and gives it back at once: true if another process has it, on
    // whichever machine.
    look.isLocked = { file ->
      try {
        return file.exists() && new RandomAccessFile(file, 'rw').withCloseable { f -> f.channel.tryLock() == null }
      }
      catch (Throwable e) {
        return false
      }
    }

    // In a preview the inputs of a process are null, and "image:${x}" is "image:null"; so each is given something that
    // fails at every use. A typed process (`nextflow.preview.types` of 25.10, `nextflow.enable.types` of 26.04) has an
    // object with `params` in the place of the list, and tuples have `components` instead of `inner`.
    look.inputsOf = { process ->
      [process.config.getInputs()].flatten()
        .collectMany { i -> i.hasProperty('params') ? i.params : [i] }
        .collectMany { i -> [i] + (i.hasProperty('inner') ? i.inner : []) + (i.hasProperty('components') ? i.components : []) }
        .findAll { i -> i.hasProperty('name') }
    }

    // All of `task` but its attempt that differs from task to task, or from one attempt to the next.
    look.ofOneTask = [
      'exitStatus', 'errorCount', 'retryCount', 'submitAttempt', 'previousTrace', 'previousException',
      'index', 'id', 'hash', 'name', 'tag', 'workDir'
    ]
    look.fail = { -> throw new IllegalStateException('of a task') }

    // Each look at an input fails, not only what is done with it: `1 == x` would be false for whatever stands for it.
    look.contextOf = { process, task ->
      look.inputsOf.call(process).collect { i -> i.name }.with { inputs ->
        [:].withDefault { k -> inputs.contains(k.toString()) ? look.fail.call() : task.context.get(k) }
      }
    }

    // A task of a process at an attempt.
    look.taskOf = { process, attempt ->
      process.createTaskPreview().with { task ->
        task.config.setContext(look.contextOf.call(process, task))
        look.ofOneTask.each { k -> task.config.put(k, look.fail) }
        task.config.put('attempt', attempt)
        return task
      }
    }

    // The values at the first attempts, each once.
    look.atAttempts = { process, valueOf ->
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].collect { n -> valueOf.call(look.taskOf.call(process, n)) }.unique()
    }

    // A value that depends on `task.attempt` is another one after a failure.
    look.atAnyAttempt = { process, valueOf ->
      look.atAttempts.call(process, valueOf).with { r -> r.size() > 1 ? [failed: 'task.attempt'] : r[0] }
    }

    look.processors = { -> look.session.dag.vertices.collect { v -> v.process }.findAll { p -> p != null } }

    // A value that depends on a task's input fails here, and is told from one that is not set.
    look.ofEach = { valueOf ->
      look.processors.call().collect { p ->
        try {
          return valueOf.call(p)
        }
        catch (Throwable e) {
          return [failed: e.class.simpleName]
        }
      }
    }

    look.processes = { -> [
      names: look.processors.call().collect { p -> p.name },
      executors: look.ofEach.call { p -> p.executor.name.toString() },
      containers: look.ofEach.call { p ->
        look.atAnyAttempt.call(p) { t -> t.config.get('container')?.toString() }
      },
      // Other executors than these may have to pull the image to tell its name.
      images: look.ofEach.call { p ->
        p.executor.isContainerNative() ? look.atAnyAttempt.call(p) { t -> t.container?.toString() } : null
      },
      secrets: look.ofEach.call { p ->
        look.atAnyAttempt.call(p) { t -> [t.config.get('secret')].flatten().findAll { s -> s }.collect { s -> s.toString() } }
      },
      options: look.ofEach.call { p ->
        look.atAnyAttempt.call(p) { t ->
          t.config.getContainerOptionsMap().options.collectEntries { k, v -> [k.toString(), v.collect { x -> x.toString() }] }
        }
      },
      disks: look.ofEach.call { p ->
        look.atAnyAttempt.call(p) { t -> t.config.getDisk()?.toGiga() }
      },
      archs: look.ofEach.call { p ->
        look.atAnyAttempt.call(p) { t -> t.config.getArchitecture()?.dockerArch?.toString() }
      },
      // A queue that code computes may be another one after another exit status; a text may have the attempt in it.
      // That of a later attempt, which may never be, is not named.
      queues: look.ofEach.call { p ->
        look.atAttempts.call(p) { t -> t.config.get('queue')?.toString() }.with { r ->
          (p.config.get('queue') instanceof Closure || r.size() > 1 ? [__ANY_QUEUE__] : []) + [r[0]]
        }
      }
    ] }

    // What decided about this answer beside the code, for a launch that would ask the same again: Nextflow and its
    // plugins; and the configs and scripts that were read.
    look.origin = { ->
      try {
        return [
          parts: System.getProperty('java.class.path').split(System.getProperty('path.separator')).toList() +
            (Class.forName('nextflow.plugin.Plugins').manager?.plugins?.collect { w -> w.pluginPath.toString() } ?: []),
          // A script that has no process decides too.
          sources: look.session.configFiles.collect { f -> f.toString() } +
            [look.session.workflowMetadata.scriptFile.toString()] +
            Class.forName('nextflow.script.ScriptMeta').REGISTRY.values().collect { m -> m.scriptPath.toString() }
        ]
      }
      catch (Throwable e) {
        return null
      }
    }

    System.out.println('\n' + __MARKER__ + groovy.json.JsonOutput.toJson([
      region: look.config.aws?.region?.toString(),
      profile: look.config.aws?.profile?.toString(),
      success: look.session.workflowMetadata?.success,
      session: look.session.uniqueId.toString(),
      resumed: look.session.resumeMode,
      locked: look.isLocked.call(new File(__CACHE__ + '/cache/' + look.session.uniqueId + '/db/LOCK')),
      jobRole: look.batch?.jobRole?.toString(),
      executionRole: look.batch?.executionRole?.toString(),
      logsGroup: look.batch?.logsGroup?.toString(),
      cliPath: look.batch?.cliPath?.toString(),
      platformType: look.batch?.platformType?.toString(),
      volumes: look.batch?.volumes instanceof List ? look.batch.volumes.collect { x -> x.toString() } : look.batch?.volumes?.toString(),
      env: look.config.env instanceof Map ? look.config.env.keySet().collect { x -> x.toString() } : [],
      wave: look.wave,
      fusion: look.fusion,
      origin: look.origin.call(),
      processes: look.wave || look.fusion ? null : look.processes.call()
    ]))
    System.out.flush()
    Runtime.getRuntime().halt(0)
  }
}
