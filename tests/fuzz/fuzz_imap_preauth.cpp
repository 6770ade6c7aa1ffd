// link: hearth_login_core
// SPDX-License-Identifier: Apache-2.0
// What an unknown client sends before login: however the bytes are cut, the parser says the same, keeps within its
// bounds, and leaves alone what stands behind the commands it took.
#include "login/preauth_parser.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using hearth::login::Argument;
using hearth::login::PreauthParser;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::string show(const Argument& argument, int depth = 0) {
    require(depth <= 1);
    std::string text = std::to_string(static_cast<int>(argument.kind)) + ":" + argument.text;
    require(argument.text.find('\0') == std::string::npos);
    for (const auto& item : argument.items) text += "," + show(item, depth + 1);
    return text + ";";
}

std::string parse(std::string_view input, std::size_t step) {
    PreauthParser parser;
    std::string text;
    for (std::size_t at = 0; at < input.size(); at += step) {
        parser.feed(input.substr(at, step));
        for (;;) {
            const auto event = parser.next();
            if (event == PreauthParser::Event::more) break;
            text += std::to_string(static_cast<int>(event)) + "|";
            if (event == PreauthParser::Event::lost) return text;
            if (event == PreauthParser::Event::bad) text += parser.tag();
            if (event != PreauthParser::Event::command) continue;
            const auto command = parser.take_command();
            require(!command.tag.empty() && command.tag.size() <= PreauthParser::tag_max);
            require(command.arguments.size() <= PreauthParser::arguments_max);
            text += command.tag + " " + command.name;
            for (const auto& argument : command.arguments) text += show(argument);
        }
        require(parser.held() <= PreauthParser::literals_max + PreauthParser::line_max + step);
    }
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto whole = parse(input, input.size() + 1);
    require(parse(input, 1) == whole);
    require(parse(input, 7) == whole);
    return 0;
}
