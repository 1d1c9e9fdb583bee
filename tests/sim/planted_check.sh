#!/usr/bin/env bash
# The simulation finds every planted bug: builds it with them compiled in, and runs its test, which demands each finding.
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts/build planted sim_test
build/planted/tests/sim/sim_test --gtest_brief=1
