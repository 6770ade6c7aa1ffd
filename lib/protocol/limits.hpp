// SPDX-License-Identifier: Apache-2.0
// Bounds that several conversations share.
#pragma once

#include <cstddef>

namespace hearth::protocol {

constexpr std::size_t user_bytes_max = 255;      ///< a canonical user name
constexpr std::size_t service_bytes_max = 64;    ///< "imap"
constexpr std::size_t path_bytes_max = 4096;     ///< home, mail location
constexpr std::size_t reason_bytes_max = 512;    ///< a sentence for a log or a client
constexpr std::size_t ip_bytes_max = 46;         ///< "::1" in text
constexpr std::size_t groups_max = 64;           ///< supplementary groups of a user
constexpr std::size_t policy_max = 32;           ///< policy fields of a grant
constexpr std::size_t sessions_per_worker_max = 4096;
constexpr std::size_t ended_per_report_max = 16; ///< sessions ended since the last accepted report
constexpr std::size_t candidates_max = 64;       ///< workers in one LOOKUP answer
constexpr std::size_t busy_candidates_max = 4;   ///< of them busy ones, whose IDLE may just be late
constexpr std::size_t pids_per_message_max = 8192;
constexpr std::size_t pipelined_bytes_max = 64 * 1024;
constexpr std::size_t frame_bytes_max = 256 * 1024; ///< any framed message on a stream
constexpr std::size_t datagram_bytes_max = 160 * 1024;

} // namespace hearth::protocol
