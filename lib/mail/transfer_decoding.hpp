// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace hearth::mail {

/// A body with its Content-Transfer-Encoding undone (base64, quoted-printable, x-uuencode; others are kept as they
/// are). Broken encodings give what can be read.
std::string decode_transfer(std::string_view body, const std::string& encoding);

/// Whether a Content-Transfer-Encoding is one that decode_transfer() undoes or that encodes nothing (RFC 3516 calls the
/// others unknown).
bool is_known_encoding(std::string_view encoding);

/// decode_transfer() piece by piece, for bodies that are too large for one go.
class TransferDecoder {
public:
    explicit TransferDecoder(const std::string& encoding);
    ~TransferDecoder();
    /// Appends what the next bytes of the body decode to.
    void decode(std::string_view piece, std::string& out);
    /// Appends what was held back, at the body's end.
    void finish(std::string& out);

private:
    struct State;
    std::unique_ptr<State> state_; // null: nothing is encoded
};

/// `text` in UTF-8. Bytes that are wrong in `charset` become U+FFFD; in an unknown charset, all that is not UTF-8.
std::string decode_charset(std::string_view text, const std::string& charset);

} // namespace hearth::mail
