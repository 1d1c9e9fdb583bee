#!/usr/bin/env python3
"""A good and a bad example for each ban of scripts/lint, and the floors of scripts/check-floors."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True  # the scripts have no .py ending: their byte code would lie beside them


def load(name):
    path = str(pathlib.Path(__file__).resolve().parent / name)
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


lint = load("lint")
floors = load("check-floors")


class Lint(unittest.TestCase):
    def finds(self, text, words, path="src/health/x.cc", line=None):
        problems = lint.problems_in(path, text)
        self.assertTrue(any(words in message for _, message in problems), f"{text!r} gave {problems}")
        if line is not None:
            self.assertIn(line, [at for at, message in problems if words in message])

    def accepts(self, text, path="src/health/x.cc"):
        self.assertEqual(lint.problems_in(path, text), [], text)


class TimeComesIn(Lint):
    def test_clocks_sleeps_and_random_devices_are_found_in_pure_code(self):
        for text in ("auto t = std::chrono::steady_clock::now();", "auto t = system_clock::now();", "std::this_thread::sleep_for(1s);",
                     "std::random_device device;", "usleep(5);", "::nanosleep(&a, nullptr);"):
            self.finds(text, "only in io/ and app/")

    def test_the_replacement_is_named_and_the_line_is_right(self):
        self.finds("int a;\n\nauto t = steady_clock::now();\n", "Clock&", line=3)

    def test_io_app_and_tests_may(self):
        for path in ("src/io/loop.cc", "src/app/main.cc", "src/health/check_test.cc", "tests/sim/world.cc", "bench/dns.cc"):
            self.accepts("auto t = std::chrono::steady_clock::now();", path)

    def test_our_own_sleep_and_mentions_are_no_clocks(self):
        self.accepts("co_await sleep_for(scheduler, 5s);")
        self.accepts("// steady_clock::now() is banned here\nconst char* text = \"steady_clock::now()\";")
        self.accepts("using Mono = std::chrono::time_point<std::chrono::steady_clock>;")


class Conditions(Lint):
    def test_an_await_in_a_condition_is_found(self):
        for text in ("if (co_await f()) co_return;", "if (!co_await f()) {}", "while (co_await f()) {}", "switch (co_await f()) {}",
                     "if (auto r = co_await f(g(1)); r) {}", "for (auto x : co_await f()) {}", "if constexpr (co_await f()) {}"):
            self.finds(text, "co_await inside")

    def test_an_await_in_the_branch_is_fine(self):
        self.accepts("void f() { if (a && b(c)) co_await g(); else co_await h(); while (!done || x) co_await tick(); }")


class StandingAlone(Lint):
    def test_a_choice_beside_an_await_is_found(self):
        for text in ("auto r = c ? co_await a() : b;", "co_await (c ? f(x) : f(y));", "co_return ok ? co_await a() : co_await b();"):
            self.finds(text, "?: choice")

    def test_a_choice_within_the_arguments_is_fine(self):
        self.accepts("void f() { co_await answer(exchange, ready ? 200 : 503); }")
        self.accepts("void f() { co_await answer(g(h(a) ? 1 : 2), b(c) ? 3 : 4); }")

    def test_an_await_that_may_be_skipped_is_found(self):
        self.finds("const bool ok = a && co_await f();", "&& or ||")
        self.finds("const bool ok = a || co_await f();", "&& or ||")

    def test_logic_beside_the_statement_is_fine(self):
        self.accepts("void f() { const bool x = a && b; auto r = co_await g(a && b); const bool y = r || x; }")

    def test_two_awaits_in_one_statement_are_found(self):
        self.finds("auto r = f(co_await a(), co_await b());", "two co_await")
        self.finds("auto r = co_await f(co_await a());", "two co_await")

    def test_one_each_is_fine(self):
        self.accepts("void f() { auto a = co_await x(); auto b = co_await y(a); CO_TRY(auto c, co_await z(b)); co_return c; }")


class Braces(Lint):
    def test_an_await_in_a_braced_list_is_found(self):
        for text in ("Agg a{co_await x(), 1};", "auto a = Agg{.x = co_await x()};", "std::vector<D> v{co_await a()};", "f({co_await a()});",
                     "co_return {co_await a()};"):
            self.finds(text, "braced list")

    def test_blocks_are_no_lists(self):
        self.accepts("Task<void> f() { co_await a(); }")
        self.accepts("void f() { for (;;) { co_await a(); } }")
        self.accepts("void f() { if (x) { co_await a(); } else { co_await b(); } do { co_await c(); } while (x); { co_await d(); } }")
        self.accepts("void f() { switch (x) { case 1: { co_await a(); } default: co_await b(); } }")
        self.accepts("Task<void> C::f() override { co_await a(); }")
        self.accepts("auto f = []() -> Task<void> { co_await a(); };")

    def test_braces_in_the_arguments_are_fine(self):
        self.accepts("void f() { auto r = co_await g(Endpoint{address, 1}); }")


class Lambdas(Lint):
    def test_a_capturing_coroutine_is_found(self):
        for text in ("auto f = [this] { co_await a(); };", "auto f = [&]() -> Task<void> { co_return; };",
                     "spawn([x = std::move(x)](int y) mutable -> Task<int> { auto r = co_await g(y); co_return r; });"):
            self.finds(text, "lambda with captures")

    def test_lambdas_that_only_call_one_are_fine(self):
        self.accepts("auto f = [this] { return run(); };")
        self.accepts("auto f = [&x](int i) { x += i; }; co_await g();")

    def test_a_coroutine_without_captures_is_fine(self):
        self.accepts("auto f = [](int x) -> Task<int> { co_return x; };")

    def test_subscripts_and_attributes_are_no_lambdas(self):
        self.accepts("void f() { a[i] = 1; { co_await b(); } }")
        self.accepts("[[nodiscard]] Task<int> f() { co_return 1; }")


class DefaultArguments(Lint):
    def test_one_on_a_task_is_found(self):
        self.finds("Task<Result<int>> find(std::string key, Options options = {});", "default argument")
        self.finds("virtual Task<void> f(int a = 3) = 0;", "default argument")

    def test_plain_functions_and_pure_tasks_are_fine(self):
        self.accepts("virtual Task<Result<std::span<const uint8_t>>> next() = 0;")
        self.accepts("int f(int a = 3);")
        self.accepts("std::function<Task<void>(int)> handler = {};")


class Marks(Lint):
    def test_unfinished_work_is_found_even_in_comments(self):
        for mark in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
            self.finds(f"// {mark}: later", mark)

    def test_words_that_contain_one_are_fine(self):
        self.accepts("int methodology = 1;  // a todolist")


class Headers(Lint):
    def test_a_heavy_one_in_a_header_is_found(self):
        for name in ("boost/asio.hpp", "openssl/ssl.h", "rocksdb/db.h", "nlohmann/json.hpp", "toml++/toml.h", "spdlog/spdlog.h"):
            self.finds(f"#pragma once\n#include <{name}>\n", "slow to compile", "src/io/x.h", line=2)

    def test_in_a_source_file_it_is_fine(self):
        self.accepts("#include <boost/asio.hpp>\n", "src/io/x.cc")

    def test_light_ones_are_fine(self):
        self.accepts("#pragma once\n#include <fmt/format.h>\n#include \"io/loop.h\"\n", "src/io/x.h")

    def test_a_header_of_one_folder_may_be_heavy_if_it_says_so(self):
        self.accepts("// Helpers; for this folder's .cc files only.\n#pragma once\n#include <pugixml.hpp>\n", "src/wire/s3/x.h")


class Lengths(Lint):
    def function(self, lines):
        return "int f(int a) {\n" + "  ++a;\n" * (lines - 2) + "}\n"

    def test_a_function_of_seventy_lines_is_fine_and_one_more_is_not(self):
        self.accepts(self.function(70))
        self.finds(self.function(71), "this function has 71 lines", line=1)

    def test_members_constructors_and_tests_count(self):
        self.finds("struct S {\n" + self.function(71) + "};\n", "this function", line=2)
        self.finds("S::S(int a) : a_{a}, b_(a) {\n" + "  ++a_;\n" * 70 + "}\n", "this function")
        self.finds("TEST(A, B) {\n" + "  f();\n" * 70 + "}\n", "this function", "src/health/x_test.cc")

    def test_namespaces_classes_and_tables_do_not(self):
        self.accepts("namespace a {\n" + "int x;\n" * 100 + "}\n")
        self.accepts("class A {\n" + "  int f(int x) { return x; }\n" * 100 + "};\n")
        self.accepts("const Row kRows[] = {\n" + "  {1, f(2)},\n" * 100 + "};\n")

    def test_a_file_of_six_hundred_lines_is_fine_and_one_more_is_not(self):
        self.accepts("int x;\n" * 600)
        self.finds("int x;\n" * 601, "this file has 601 lines")


class Blanking(Lint):
    def test_comments_and_literals_keep_their_place(self):
        for text in ('a("// no { comment"); b', "a('{'); // }", 'R"(if (co_await f()))"; x', "1'000'000; '\\''; y", "/* {\n */ z"):
            self.assertEqual(len(lint.blank(text)), len(text))
            self.assertNotIn("{", lint.blank(text))
            self.assertNotIn("co_await", lint.blank(text))
        self.assertEqual(lint.blank("1'000'000 + a").strip(), "1'000'000 + a")


class Floors(unittest.TestCase):
    def test_down_and_home_are_allowed(self):
        for source, target in (("health/check.cc", "model/health.h"), ("health/run/probe.cc", "health/check.h"), ("app/main.cc", "dns/run/server.h"),
                               ("store/s3.cc", "io/http_client.h"), ("io/loop.cc", "wire/http/message.h"), ("dns/run/a.cc", "dns/run/b.h"),
                               ("app/demo/a.cc", "app/settings/b.h"), ("wire/s3/a.h", "wire/http/message.h")):
            self.assertIsNone(floors.problem_with(source, target), f"{source} -> {target}")

    def test_up_and_sideways_are_not(self):
        for source, target in (("base/text.h", "model/health.h"), ("health/check.cc", "routing/decide.h"), ("health/check.h", "health/run/probe.h"),
                               ("edge/plan.cc", "io/loop.h"), ("dns/run/a.cc", "edge/run/b.h"), ("store/s3.cc", "queue/queue.h"),
                               ("wire/http/a.h", "wire/s3/b.h"), ("wire/dns/a.h", "wire/http/b.h"), ("model/a.h", "app/main.h")):
            self.assertIsNotNone(floors.problem_with(source, target), f"{source} -> {target}")

    def test_a_folder_or_a_file_off_the_map_is_named(self):
        self.assertIn("on no floor", floors.problem_with("misc/a.cc", "base/text.h"))
        self.assertIn("on no floor", floors.problem_with("health/a.cc", "check.h"))

    def test_the_line_is_told_and_system_headers_do_not_count(self):
        text = '#include <io/loop.h>\n\n#include "io/loop.h"\n// #include "io/tls.h"\n'
        self.assertEqual([line for line, _ in floors.problems_in("edge/plan.cc", text)], [3])


if __name__ == "__main__":
    unittest.main()
