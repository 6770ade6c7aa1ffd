// SPDX-License-Identifier: Apache-2.0
// What one child sees of the configuration. The master writes it (encode_snapshot.hpp) into a sealed memfd; the child
// reads it once at start. Workers link this without the parser.
//
// Keys are the names of settings ("mail_location"), of the own service ("service.client_limit"), and of repeated
// sections with their index ("passdb.0.driver", "namespace.0.mailbox.1.name", "service.inet_listener.0.port").
// docs/configuration.md lists who sees what.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::config {

constexpr std::size_t snapshot_bytes_max = 1024 * 1024;
constexpr std::size_t snapshot_lines_max = 50'000;

/// The getters take keys that the schema knows, and give the schema's default when the text has no such line. Asking
/// for what the schema doesn't know, or for what this kind of service is never told, is a programming error
/// (ensure()), so that a forgotten grant of a setting is found by the first test. A Snapshot parsed from text without
/// the "hearth-snapshot" line (tests) is not limited that way.
class Snapshot {
public:
    /// Nothing in it: every getter gives its default. For tests.
    Snapshot() = default;
    /// Text of lines `key=value`; the value's backslash and newline are written \\ and \n.
    static Checked<Snapshot> parse(std::string_view text);
    /// Reads the descriptor from its start, whatever its offset; the caller keeps it.
    static Checked<Snapshot> read(int fd);

    /// The service this was written for, e.g. "imap"; empty without a "hearth-snapshot" line.
    [[nodiscard]] const std::string& service() const { return service_; }

    [[nodiscard]] std::string text(std::string_view key) const;
    /// Counts, sizes in bytes, modes, ports. `unlimited` is the greatest number.
    [[nodiscard]] std::uint64_t uint(std::string_view key) const;
    [[nodiscard]] bool flag(std::string_view key) const;
    /// `infinite` is std::chrono::milliseconds::max().
    [[nodiscard]] std::chrono::milliseconds duration(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> words(std::string_view key) const;

    /// How many sections of this kind there are: count("passdb"), count("namespace.0.mailbox").
    [[nodiscard]] std::size_t count(std::string_view section) const;
    /// Was the key written at all?
    [[nodiscard]] bool has(std::string_view key) const { return values_.contains(key); }

private:
    [[nodiscard]] std::string value(std::string_view key) const;

    std::string service_;
    std::map<std::string, std::string, std::less<>> values_;
};

} // namespace hearth::config
