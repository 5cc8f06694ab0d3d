// Words of Nextflow's language that compute the same at each start: no file, clock, network or program decides.
// A word that is in none of these lists may be anything, so code that has it is not plain.

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Keywords and literals of plain code. */
export const PLAIN_KEYWORDS = words(
  'def final if else for while in instanceof return switch case default break continue assert true false null void',
);

/** Types that a declaration or a conversion may name. */
export const PLAIN_TYPES = words(
  'String Integer Long Float Double Number Boolean List Map Object boolean int long float double',
);

/** Directives of processes, the parts of their inputs and outputs, and functions without effect on the graph. */
export const PLAIN_CALLS = words(`
  accelerator afterScript arch array beforeScript cache clusterOptions conda container containerOptions cpus debug disk
  echo errorStrategy executor ext fair label machineType maxErrors maxForks maxRetries maxSubmitAwait memory module
  penv pod publishDir queue resourceLabels resourceLimits scratch secret shell spack stageInMode stageOutMode storeDir
  tag time
  val path env stdin stdout tuple each
  println print error exit
`);

/**
 * Methods of texts, numbers, lists and maps; factories of channels, and operators, which do nothing before the graph is
 * whole. None of them is here that reads a file if it is called on a path.
 */
export const PLAIN_METHODS = words(`
  of value empty from fromList fromPath fromFilePairs topic
  map flatMap filter flatten collect combine cross join mix concat groupTuple set tap view branch multiMap first last
  take until unique distinct toList toSortedList toInteger ifEmpty buffer collate count reduce transpose merge
  splitCsv splitText splitFasta splitFastq splitJson subscribe randomSample
  toString toLong toFloat toDouble toBoolean toLowerCase toUpperCase toSet toGiga toMega toKilo toBytes
  tokenize split contains containsKey startsWith endsWith equals equalsIgnoreCase replace replaceAll replaceFirst
  substring size isEmpty trim strip minus plus multiply each any every find findAll sort max min sum keySet values
  get add addAll intersect reverse matches capitalize isInteger isNumber padLeft padRight stripIndent stripMargin
`);

/**
 * Operators that only channels have. Nothing runs their closures before the graph is whole, so these may do anything.
 * `-preview` of 24.10 and 25.04 ran none of them.
 */
export const OPERATORS = words('map flatMap branch multiMap subscribe view');

/** Properties that lead from a plain value to something that is not plain. No plain value is a file or a class. */
export const LEADS_AWAY = words(`
  class metaClass classLoader protectionDomain properties metaPropertyValues delegate owner thisObject resolveStrategy
  binding session inputStream reader
`);

/** Names of every script and config that lead to all of Nextflow, whatever the code declares. */
export const BUILT_IN = words(`
  this super session binding class metaClass owner delegate thisObject resolveStrategy
`);

/** Functions that no process, workflow or function of plain code is called like. */
export const TAKEN = words(`
  file files evaluate load run include includeConfig getClass invokeMethod getProperty setProperty println print
`);

/** Methods that every object has, so every script and config too: a closure gets the whole script as `it`. */
export const OF_ANY_OBJECT = words(`
  addShutdownHook any asType collect collectEntries collectMany dump each eachWithIndex evaluate every find findAll
  findIndexOf findIndexValues findLastIndexOf findResult findResults getAt grep identity inject inspect invokeMethod is
  iterator print printf println putAt run sleep split sprintf stream tap toString use with withTraits
  sendMail publish fromPath
`);

/**
 * Names that no variable or parameter has: where that is not declared, they lead to the session, to the clock, or to
 * any class, or are constants in the paths of includes.
 */
export const RESERVED = words(`
  workflow nextflow log System Channel channel task secrets params args values entryFlow taskId
  projectDir baseDir launchDir moduleDir
  java javax jdk sun groovy groovyx groovyjarjarantlr4 nextflow org com io net dev ch software
`);

/** Properties of `task` that are numbers, texts and settings. */
export const OF_TASK = words(`
  accelerator arch attempt cpus disk errorStrategy executor exitStatus ext index machineType maxErrors maxRetries memory
  name process queue resourceLimits submitAttempt tag time
`);

/** Settings of configs that decide more than what they say: which session, script and plugins Nextflow takes. */
export const DECIDING = words('resume mainScript plugins');

/** Constants of Nextflow that are paths: within a text they are a text. */
export const PATHS = words('projectDir baseDir launchDir workDir moduleDir outputDir');

/** Properties of `workflow` that the command and the configs decide, or that have no value before the end of a run. */
export const PLAIN_METADATA = words(
  'profile containerEngine stubRun onComplete onError success exitStatus errorMessage errorReport complete duration',
);

/** Names that Nextflow gives to code of any kind. */
export const GIVEN = words('params task it secrets');
