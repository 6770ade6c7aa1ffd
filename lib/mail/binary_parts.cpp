// SPDX-License-Identifier: Apache-2.0
#include "mail/binary_parts.hpp"

#include "base/text.hpp"
#include "mail/gobject.hpp"
#include "mail/header_fields.hpp"
#include "mail/mime_scan.hpp"

#include <gmime/gmime.h>

namespace hearth::mail {
namespace {

constexpr std::string_view field_name = "Content-Transfer-Encoding";

std::string in_base64(std::string_view bytes) {
    ensure_gmime();
    GMimeEncoding encoding;
    g_mime_encoding_init_encode(&encoding, GMIME_CONTENT_ENCODING_BASE64);
    std::string text(g_mime_encoding_outlen(&encoding, bytes.size()), '\0');
    text.resize(g_mime_encoding_flush(&encoding, bytes.data(), bytes.size(), text.data()));
    return to_crlf(text);
}

/// Copies a message, part by part.
class Rewriter {
public:
    explicit Rewriter(std::string_view bytes) : bytes_(bytes) {}
    // Recursion is bounded by Limits::depth_max.
    void visit(const Part& part) {
        for (const auto& child : part.children)
            visit(child);
        if (!part.children.empty() || !equal_ignoring_case(part.encoding, "binary")) return;
        rename_encoding(part);
        copy_to(part.body_begin);
        text_ += in_base64(bytes_.substr(part.body_begin, part.end - part.body_begin));
        at_ = part.end;
        changed_ = true;
    }
    std::optional<std::string> take() {
        if (!changed_) return std::nullopt;
        copy_to(bytes_.size());
        return std::move(text_);
    }

private:
    void copy_to(std::uint64_t end) {
        text_ += bytes_.substr(at_, end - at_);
        at_ = end;
    }
    void rename_encoding(const Part& part) {
        HeaderFields fields(bytes_.substr(part.header_begin, part.body_begin - part.header_begin));
        while (const auto field = fields.next()) {
            if (!equal_ignoring_case(field->name, field_name)) continue;
            copy_to(static_cast<std::uint64_t>(field->raw.data() - bytes_.data()));
            text_.append(field_name).append(": base64\r\n");
            at_ += field->raw.size();
        }
    }

    std::string_view bytes_;
    std::string text_;
    std::uint64_t at_ = 0; // up to here is copied
    bool changed_ = false;
};

} // namespace

std::optional<std::string> without_binary_parts(std::string_view bytes) {
    const auto root = scan_message(bytes);
    Rewriter rewriter(bytes);
    rewriter.visit(root);
    return rewriter.take();
}

} // namespace hearth::mail
