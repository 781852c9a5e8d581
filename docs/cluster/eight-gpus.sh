#!/usr/bin/env bash
# One node with eight GPUs: models side by side, each on as many GPUs as it asks for.
set -euo pipefail

exec symharness sweep "${1:-docs/cluster/checkpoints.toml}" --ray local
