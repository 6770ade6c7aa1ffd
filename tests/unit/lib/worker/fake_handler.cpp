// SPDX-License-Identifier: Apache-2.0
#include "fake_instance.hpp"

#include "base/text.hpp"

#include <array>
#include <boost/asio/error.hpp>
#include <fmt/format.h>
#include <stdexcept>
#include <unistd.h>

namespace hearth::worker::fake {
namespace {

namespace asio = boost::asio;

std::string who(const Session& session) {
    std::array<char, 256> directory{};
    const bool known = ::getcwd(directory.data(), directory.size()) != nullptr;
    return fmt::format("{} {} {} {} {} {} {}\n", session.user(), session.home(), session.login_tag(),
        session.remote_ip(), session.policy("quota"), session.id().text(), known ? directory.data() : "?");
}

// True: goodbye was said.
asio::awaitable<bool> obey(Session session, std::string line) {
    const auto space = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, space);
    const auto rest = line.substr(std::min(space + 1, line.size()));
    std::string answer;
    if (word == "ECHO") answer = rest + "\n";
    if (word == "WHO") answer = who(session);
    if (word == "FILL") answer.assign(parse_u64(rest).value_or(0), 'x');
    if (word == "THROW") throw std::runtime_error("the protocol is broken");
    if (word == "QUIT") session.finish_with("BYE\n");
    if (word == "QUITBIG") session.finish_with(std::string(parse_u64(rest).value_or(0), 'y'));
    if (!answer.empty()) co_await session.write(answer);
    co_return word.starts_with("QUIT");
}

} // namespace

// ECHO text, WHO, FILL n (writes n bytes), THROW, QUIT, QUITBIG n (n last bytes). Kicked: says KICKED.
asio::awaitable<void> handle(Session session) {
    std::string input;
    std::array<char, 512> buffer{};
    for (;;) {
        const auto end = input.find('\n');
        if (end == std::string::npos) {
            const auto got = co_await session.read_some(buffer);
            if (!got && session.is_ending()) session.finish_with("KICKED\n");
            if (!got) co_return;
            input.append(buffer.data(), *got);
            continue;
        }
        auto line = input.substr(0, end);
        input.erase(0, end + 1);
        auto obeying = obey(session, std::move(line));
        if (co_await std::move(obeying)) co_return;
    }
}

} // namespace hearth::worker::fake
