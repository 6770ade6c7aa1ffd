// SPDX-License-Identifier: Apache-2.0
// `top`: services and the users that matter, once a second; q ends. Not on a terminal, or with --json: once.
#include "base/clock.hpp"
#include "commands.hpp"
#include "control_client.hpp"
#include "process_cpu.hpp"
#include "terminal.hpp"
#include "top_screen.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace hearth::admin {
namespace {

constexpr std::chrono::seconds refresh{1};
constexpr std::size_t rows_max = 500; // users asked for, however high the terminal is

Checked<TopData> question(const std::string& socket, std::size_t users) {
    boost::json::object request;
    request["cmd"] = "top";
    request["limit"] = static_cast<std::int64_t>(std::min(users, rows_max));
    const auto answer = ask(socket, request);
    if (!answer) return answer.error();
    return read_top(*answer);
}

std::chrono::milliseconds refresh_left(Time until) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
}

std::string head(const std::string& hint) {
    return fmt::format("hearth top  {:%Y-%m-%d %H:%M:%S}{}", fmt::localtime(std::time(nullptr)), hint);
}

int once(const Common& common, const std::string& socket, std::size_t users) {
    const auto data = question(socket, users);
    if (!data) {
        fmt::print(stderr, "hearth: {}\n", data.error().text);
        return exit_failed;
    }
    if (common.json) {
        for (const auto* list : {&data->services, &data->users})
            for (const auto& object : *list)
                fmt::print("{}\n", boost::json::serialize(object));
        return exit_ok;
    }
    for (const auto& line : top_screen(*data, head(""), 0, 0))
        fmt::print("{}\n", line);
    return exit_ok;
}

int live(const std::string& socket) {
    Terminal terminal;
    ProcessCpu cpu;
    for (;;) {
        auto data = question(socket, terminal.rows());
        TopData shown;
        if (data)
            shown = std::move(*data);
        else
            shown.complaint = data.error().text; // it may be back in a second
        shown.cpu_percent = cpu.look(shown.users);
        terminal.show(top_screen(shown, head("  q quits"), terminal.rows(), terminal.columns()));
        const auto until = Clock::now() + refresh;
        for (auto left = refresh_left(until); left.count() > 0; left = refresh_left(until)) {
            const auto key = terminal.wait(left);
            if (key == Terminal::Key::quit) return exit_ok;
            if (key == Terminal::Key::redraw) break;
        }
    }
}

} // namespace

int top(const Common& common, const TopOptions& options) {
    const auto settings = load_or_exit(common);
    const auto socket = control_socket(settings, "anvil-admin");
    if (common.json || options.once || !Terminal::is_there()) return once(common, socket, options.users);
    return live(socket);
}

} // namespace hearth::admin
