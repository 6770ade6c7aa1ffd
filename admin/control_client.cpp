// SPDX-License-Identifier: Apache-2.0
#include "control_client.hpp"
#include "base/clock.hpp"
#include "net/unix_socket.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hearth::admin {
namespace {

constexpr std::size_t answer_bytes_max = 512UL * 1024 * 1024; // a hundred thousand users in `who`

Complaint unreachable(const std::string& path, const error_code& error) {
    if (error.value() == ENOENT || error.value() == ECONNREFUSED) {
        return {fmt::format("nobody listens on {}: is this instance running? Start it with `hearth serve -c FILE`, or "
                            "name its configuration with -c", path)};
    }
    if (error.value() == EACCES)
        return {fmt::format("no permission to connect to {}: run as root, or as the user that runs the instance", path)};
    return {fmt::format("can't connect to {}: {}", path, error.message())};
}

// Waits until `fd` is ready; false when the deadline comes first.
bool wait(int fd, short events, Time deadline) {
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return false;
        pollfd entry{fd, events, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(left));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

// A reset is an end too: the process died with something unread.
void wait_for_end_of_file(int fd) {
    char byte = 0;
    pollfd entry{fd, POLLIN, 0};
    for (;;) {
        const auto got = ::recv(fd, &byte, 1, 0);
        if (got > 0) continue;
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) return;
        ::poll(&entry, 1, -1);
    }
}

} // namespace

Checked<std::vector<boost::json::object>> ask(
    const std::string& socket_path, const boost::json::object& request, Wait wait_for) {
    auto connected = net::connect_unix(socket_path, net::stream);
    if (!connected) return unreachable(socket_path, connected.error());
    const int fd = connected->get();
    const auto deadline = Clock::now() + answer_timeout;
    const auto line = boost::json::serialize(request) + "\n";
    if (::send(fd, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
        return Complaint{fmt::format("{} hung up before it had read the request", socket_path)};

    std::vector<boost::json::object> objects;
    std::string input;
    std::size_t total = 0;
    for (;;) {
        if (!wait(fd, POLLIN, deadline))
            return Complaint{fmt::format("no answer from {} within {} s", socket_path, answer_timeout.count())};
        char buffer[65536];
        const auto got = ::recv(fd, buffer, sizeof buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return Complaint{fmt::format("{} hung up in the middle of its answer", socket_path)};
        input.append(buffer, static_cast<std::size_t>(got));
        total += static_cast<std::size_t>(got);
        if (total > answer_bytes_max) return Complaint{fmt::format("the answer of {} is too large", socket_path)};
        std::size_t begin = 0;
        for (auto end = input.find('\n'); end != std::string::npos; end = input.find('\n', begin)) {
            boost::system::error_code error;
            auto value = boost::json::parse(boost::json::string_view(input.data() + begin, end - begin), error);
            begin = end + 1;
            if (error || !value.is_object()) return Complaint{fmt::format("{} did not answer in JSON", socket_path)};
            auto& object = value.as_object();
            if (const auto* why = object.if_contains("error"))
                return Complaint{why->is_string() ? std::string(why->as_string()) : "refused"};
            if (object.contains("end")) {
                if (wait_for == Wait::for_its_end) wait_for_end_of_file(fd);
                return objects;
            }
            objects.push_back(std::move(object));
        }
        input.erase(0, begin);
    }
}

} // namespace hearth::admin
