// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "connection.hpp"
#include "wire/deflate.hpp"

#include <memory>
#include <optional>
#include <string>

namespace hearth::imap {

/// A connection that COMPRESS can switch to DEFLATE, in both directions and for good (RFC 4978).
class CompressibleConnection final : public Connection {
public:
    /// `plain` outlives it.
    explicit CompressibleConnection(Connection& plain) : plain_(plain) {}

    asio::awaitable<Result<std::size_t>> read_some(std::span<char> out) override;
    asio::awaitable<Result<void>> write(std::string_view bytes) override;
    asio::awaitable<Wake> wait(int watch, std::chrono::milliseconds timeout) override;
    bool start_compression() override;
    [[nodiscard]] bool is_compressed() const override { return inflater_ != nullptr; }

    /// How the last bytes of the session, which somebody else writes, must look.
    std::string last_bytes(std::string bytes);

private:
    asio::awaitable<Result<std::size_t>> read_compressed(std::span<char> out);

    Connection& plain_;
    std::unique_ptr<Deflater> deflater_;
    std::unique_ptr<Inflater> inflater_;
    bool next_write_is_plain_ = false;
    std::optional<char> ahead_;   // read by wait(), which has to know whether there is anything
    std::size_t in_a_row_ = 0;    // bytes given without going through the event loop
};

} // namespace hearth::imap
