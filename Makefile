# One command each. `make` alone builds the program.
.PHONY: build test sim fuzz bench check tsan package
build: ; scripts/build release evershore
test: ; ./test
# make sim SEED=1 SEEDS=1000000
SEED ?= 1
SEEDS ?= 1000
sim: ; scripts/build release sim && build/release/tests/sim/sim --first $(SEED) --seeds $(SEEDS)
# make fuzz SECONDS=600
SECONDS ?= 60
fuzz: ; scripts/fuzz $(SECONDS)
bench: ; scripts/build release && scripts/bench
tsan: ; scripts/build tsan unit_tests && scripts/run_sanitized tsan
# what a merge runs before the tests
check: ; scripts/check-floors && scripts/lint && /usr/bin/python3 scripts/lint_test.py && scripts/check-format && scripts/check-shell && scripts/build release && scripts/check-tidy
# a Debian package: build/release/evershore_VERSION_ARCHITECTURE.deb
package: ; scripts/build release evershore package_files && cd build/release && cpack -G DEB >/dev/null && ls *.deb
