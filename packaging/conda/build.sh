#!/usr/bin/env bash
# The package has no dependencies: all that it needs is in its own scripts, with their notices.
set -euo pipefail
npm pack --ignore-scripts
npm install --global --offline --ignore-scripts --prefix "${PREFIX}" "${SRC_DIR}/${PKG_NAME}-${PKG_VERSION}.tgz"
for shell in bash zsh fish; do
  case $shell in
    bash) file=share/bash-completion/completions/nf-secrets ;;
    zsh) file=share/zsh/site-functions/_nf-secrets ;;
    fish) file=share/fish/vendor_completions.d/nf-secrets.fish ;;
  esac
  mkdir -p "${PREFIX}/$(dirname "$file")"
  "${PREFIX}/bin/nf-secrets" completion "$shell" >"${PREFIX}/$file"
done
