#!/usr/bin/env nextflow
/*
 * Hello, secrets: each process asks for one secret by its name and gets it as an environment variable.
 * To prove it, each prints how long the value is and how its checksum begins, never the value.
 */

process SEARCH_NCBI {
    secret 'NCBI_API_KEY'

    output:
    stdout

    // The backslash leaves the variable to bash: Nextflow writes its name into the task's script, not its value.
    script:
    """
    # In real life: esearch -db sra -query 'Homo sapiens' -api_key "\$NCBI_API_KEY"
    value="\$NCBI_API_KEY"
    ${proofOf('NCBI_API_KEY')}
    """
}

process QUERY_DATABASE {
    secret 'DB_PASSWORD'

    output:
    stdout

    script:
    """
    # In real life: PGPASSWORD="\$DB_PASSWORD" psql -c 'select * from samples'
    value="\$DB_PASSWORD"
    ${proofOf('DB_PASSWORD')}
    """
}

process FETCH_BY_SSH {
    secret 'SSH_KEY'

    output:
    stdout

    script:
    """
    # In real life, all lines of the key: ssh-add - <<< "\$SSH_KEY" && scp sequencer:run1.bcl .
    value="\$SSH_KEY"
    ${proofOf('SSH_KEY')}
    """
}

// The lines of bash that all three share.
def proofOf(name) {
    return """
    bytes=\$(printf '%s' "\$value" | wc -c)
    lines=\$(printf '%s' "\$value" | grep -c '')
    sha256=\$(printf '%s' "\$value" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-12)
    echo "${name}:" \$bytes bytes in \$lines "line(s), sha256 \$sha256..."
    """
}

workflow {
    SEARCH_NCBI()
    QUERY_DATABASE()
    FETCH_BY_SSH()

    SEARCH_NCBI.out
        .mix(QUERY_DATABASE.out, FETCH_BY_SSH.out)
        .view { line -> line.trim() }
}
