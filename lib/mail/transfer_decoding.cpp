// SPDX-License-Identifier: Apache-2.0
#include "mail/transfer_decoding.hpp"

#include "base/text.hpp"
#include "mail/gobject.hpp"
#include "mail/header_fields.hpp"

#include <array>
#include <cerrno>

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

} // namespace

std::string decode_transfer(std::string_view body, const std::string& encoding) {
    ensure_gmime();
    const auto kind = g_mime_content_encoding_from_string(encoding.c_str());
    if (kind != GMIME_CONTENT_ENCODING_BASE64 && kind != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE &&
        kind != GMIME_CONTENT_ENCODING_UUENCODE)
        return std::string(body);
    GMimeEncoding state;
    g_mime_encoding_init_decode(&state, kind);
    std::string decoded(g_mime_encoding_outlen(&state, body.size()), '\0');
    decoded.resize(g_mime_encoding_flush(&state, body.data(), body.size(), decoded.data()));
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
