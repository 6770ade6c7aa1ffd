// SPDX-License-Identifier: Apache-2.0
// Raw DEFLATE streams (RFC 1951) as COMPRESS=DEFLATE wants them (RFC 4978), by zlib. Their memory is wiped when they go:
// it holds mail.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hearth::imap {

/// Compresses what is sent. About 260 KiB for as long as it lives.
class Deflater {
public:
    /// Null: no memory.
    static std::unique_ptr<Deflater> make();
    ~Deflater();
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    /// All of `bytes`, so that the other end can read them at once. Valid until the next call.
    std::string_view compress(std::string_view bytes);

private:
    struct State;
    explicit Deflater(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Uncompresses what comes, as much as fits where it is wanted: a small input that blows up costs no memory. About
/// 40 KiB, and the input that wasn't uncompressed yet.
class Inflater {
public:
    static std::unique_ptr<Inflater> make();
    ~Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    /// Room to read compressed bytes into, once inflate() wants more; then say commit().
    std::span<char> room();
    void commit(std::size_t size);
    /// How many bytes were put into `out`; 0: more input is needed. An error: these bytes are no DEFLATE stream, or it
    /// has ended.
    Result<std::size_t> inflate(std::span<char> out);
    /// Whether inflate() may give bytes without more input.
    [[nodiscard]] bool has_more() const;

private:
    struct State;
    explicit Inflater(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace hearth::imap
