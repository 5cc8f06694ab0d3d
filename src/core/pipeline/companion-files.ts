/** The use of a file beside the code of a pipeline. */
export type CompanionUse = 'parameters' | 'program' | 'environment' | 'image' | 'settings';

/** Ends of the names of files that a person writes, and what they are for. */
const USES: ReadonlyMap<string, CompanionUse> = new Map(
  (
    [
      [
        'program',
        'sh bash zsh ksh csh fish sbatch slurm pbs lsf ps1 bat cmd py pl pm r rmd qmd jl rb js mjs ts php lua',
      ],
      ['program', 'java scala groovy gradle sql smk wdl cwl ipynb test tmpl tpl j2 template awk'],
      ['settings', 'yml yaml json toml ini cfg conf cnf properties tf tfvars hcl xml pem key ppk asc'],
      ['environment', 'env'],
      ['image', 'dockerfile def'],
    ] as const
  ).flatMap(([use, ends]) => ends.split(' ').map((end) => [end, use] as const)),
);

/** Whole names of files that have keys more often than others. */
const NAMED =
  /^(?:\.(?:netrc|pgpass|npmrc|pypirc|bashrc|bash_profile|profile|zshrc|renviron|rprofile|s3cfg|boto|my\.cnf|synapseconfig|git-credentials|dockerconfigjson|condarc)|_netrc|credentials|\.?htpasswd|scm|makefile|jenkinsfile|crontab|requirements[\w.-]*\.txt|id_(?:rsa|dsa|ecdsa|ed25519)|[\w.-]*_key)$/i;
const ENVIRONMENT = /^\.env(?:rc|$|[.-])|\.env\.[\w.-]+$/i;
const IMAGE = /^(?:dockerfile|containerfile|singularity)(?:$|[.-])/i;
const PARAMETERS = /param|^nextflow_schema|^schema_input|^inputs?[._-]/i;

/** Files that tools write, with checksums and no key: there is one beside each module. */
const WRITTEN_BY_TOOLS =
  /^(?:meta\.ya?ml|package(?:-lock)?\.json|tsconfig\.json|ro-crate-metadata\.json|\.nf-core\.ya?ml|[\w.-]+\.(?:min|bundle)\.js|npm-shrinkwrap\.json|conda-lock\.ya?ml|pixi\.lock)$/i;

/** Ends of names of data in directories of programs. */
const DATA = new Set(
  (
    'gz zip bz2 xz zst tar tgz 7z jar war class pyc pyo so a o dll exe png jpg jpeg gif ico svg pdf woff woff2 ttf eot ' +
    'fa fasta fna faa fq fastq bam sam cram crai bai vcf bcf bed gtf gff gff3 tsv csv rds rda rdata h5 hdf5 h5ad npy ' +
    'npz pkl pt pth onnx parquet html htm css map snap lock whl nf config'
  ).split(' '),
);

/** Directories of a pipeline that have programs, whatever their names. */
const OF_PROGRAMS = /(?:^|\/)(?:bin|lib|templates)(?:\/|$)/;
/** Directories that package managers fill. */
const INSTALLED =
  /(?:^|\/)(?:\.?venv|site-packages|__pycache__|\.snakemake|\.ipynb_checkpoints|\.tox|dist|\.conda-lock)(?:\/|$)/;

/**
 * Tells by its name the use of a file beside the code: parameters, programs, settings, environments, recipes of images.
 *
 * @param directory - the directory of the file, relative to the pipeline's.
 * @returns undefined for scripts and configs of Nextflow, which are read as such, and for all other files.
 */
export function companionUse(directory: string, name: string): CompanionUse | undefined {
  const dot = name.lastIndexOf('.');
  const end = dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
  if (end === 'nf' || end === 'config') return undefined;
  const use = USES.get(end) ?? namedUse(name) ?? otherUse(directory, end);
  if (use === undefined || WRITTEN_BY_TOOLS.test(name) || INSTALLED.test(directory)) return undefined;
  if (use === 'settings' && PARAMETERS.test(name)) return 'parameters';
  return OF_PROGRAMS.test(directory) ? 'program' : use;
}

function namedUse(name: string): CompanionUse | undefined {
  if (ENVIRONMENT.test(name)) return 'environment';
  if (IMAGE.test(name)) return 'image';
  return NAMED.test(name) ? 'settings' : undefined;
}

const otherUse = (directory: string, end: string): CompanionUse | undefined =>
  OF_PROGRAMS.test(directory) && !DATA.has(end) ? 'program' : undefined;
