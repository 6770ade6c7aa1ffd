// SPDX-License-Identifier: Apache-2.0
#include "mail/transfer_decoding.hpp"

#include "base/text.hpp"
#include "mail/gobject.hpp"
#include "mail/header_fields.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace hearth::mail {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

// Owns an iconv descriptor; `known()` is false when there is no such charset.
class Converter {
public:
    explicit Converter(const std::string& charset) : handle_(g_mime_iconv_open("UTF-8", charset.c_str())) {}
    ~Converter() {
        if (known()) g_mime_iconv_close(handle_);
    }
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;
    [[nodiscard]] bool known() const { return handle_ != reinterpret_cast<iconv_t>(-1); }
    std::string convert(std::string_view text);

private:
    iconv_t handle_;
};

std::string Converter::convert(std::string_view text) {
    std::string result;
    std::array<char, 4096> block;
    std::string input(text); // iconv wants a writable pointer
    char* in = input.data();
    std::size_t in_left = input.size();
    while (in_left > 0) {
        char* out = block.data();
        std::size_t out_left = block.size();
        const auto count = iconv(handle_, &in, &in_left, &out, &out_left);
        const int error = count == static_cast<std::size_t>(-1) ? errno : 0;
        result.append(block.data(), block.size() - out_left);
        if (error == 0 || error == E2BIG) continue;
        result += replacement;
        if (error != EILSEQ || in_left == 0) break; // EINVAL: the text ends inside a character
        ++in;
        --in_left;
    }
    return result;
}

std::optional<GMimeContentEncoding> encoding_that_decodes(const std::string& encoding) {
    ensure_gmime();
    const auto kind = g_mime_content_encoding_from_string(encoding.c_str());
    const bool decodes = kind == GMIME_CONTENT_ENCODING_BASE64 || kind == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
                         kind == GMIME_CONTENT_ENCODING_UUENCODE;
    return decodes ? std::optional(kind) : std::nullopt;
}

} // namespace

struct TransferDecoder::State {
    GMimeEncoding encoding;
    bool drops_blanks = false;
    std::string blanks; // that may be a line's last
};

namespace {

// RFC 2045 section 6.7 rule 3: blanks at the end of a line of quoted-printable were added on its way, also behind the
// "=" of a soft line break. GMime keeps them. Gives `piece` without them; `blanks` is what may still be dropped.
std::string without_blanks_at_line_ends(std::string_view piece, std::string& blanks) {
    std::string result;
    result.reserve(piece.size());
    while (!piece.empty()) {
        const auto text = std::min(piece.find_first_of(" \t"), piece.size());
        if (text > 0) {
            if (piece[0] != '\r' && piece[0] != '\n') result += blanks;
            blanks.clear();
            result += piece.substr(0, text);
            piece.remove_prefix(text);
        }
        const auto run = std::min(piece.find_first_not_of(" \t"), piece.size());
        blanks += piece.substr(0, run);
        piece.remove_prefix(run);
    }
    return result;
}

} // namespace

TransferDecoder::TransferDecoder(const std::string& encoding) {
    const auto kind = encoding_that_decodes(encoding);
    if (!kind) return;
    state_ = std::make_unique<State>();
    g_mime_encoding_init_decode(&state_->encoding, *kind);
    state_->drops_blanks = *kind == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

TransferDecoder::~TransferDecoder() = default;

void TransferDecoder::decode(std::string_view piece, std::string& out) {
    if (!state_) {
        out += piece;
        return;
    }
    std::string kept;
    if (state_->drops_blanks) piece = kept = without_blanks_at_line_ends(piece, state_->blanks);
    const auto start = out.size();
    out.resize(start + g_mime_encoding_outlen(&state_->encoding, piece.size()));
    out.resize(start + g_mime_encoding_step(&state_->encoding, piece.data(), piece.size(), out.data() + start));
}

void TransferDecoder::finish(std::string& out) {
    if (!state_) return;
    const auto start = out.size();
    out.resize(start + g_mime_encoding_outlen(&state_->encoding, 0));
    out.resize(start + g_mime_encoding_flush(&state_->encoding, nullptr, 0, out.data() + start));
}

bool is_known_encoding(std::string_view encoding) {
    static constexpr std::string_view known[] = {
        "7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue"};
    return std::any_of(
        std::begin(known), std::end(known), [&](auto name) { return equal_ignoring_case(name, encoding); });
}

std::string decode_transfer(std::string_view body, const std::string& encoding) {
    std::string decoded;
    TransferDecoder decoder(encoding);
    decoder.decode(body, decoded);
    decoder.finish(decoded);
    return decoded;
}

std::string decode_charset(std::string_view text, const std::string& charset) {
    if (charset.empty() || equal_ignoring_case(charset, "utf-8") || equal_ignoring_case(charset, "us-ascii"))
        return valid_utf8(text);
    ensure_gmime();
    Converter converter(charset);
    return converter.known() ? converter.convert(text) : valid_utf8(text);
}

} // namespace hearth::mail
