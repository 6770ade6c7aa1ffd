// SPDX-License-Identifier: Apache-2.0
// Why not GMimeParser: it has no limit on parts (measured: 1.3 kB of memory for every 7 bytes of a mail made of empty
// parts, so a 50 MB mail ends the worker), and it keeps the place of some things only. Here GMime reads what stands in
// the fields, and this file finds where lines, headers and boundaries are: one pass, an explicit stack, a hash table of
// the boundaries that are open, so that a line costs the same however deep the nesting is. A test compares both.
#include "mail/mime_scan.hpp"

#include "base/text.hpp"
#include "mail/content_fields.hpp"
#include "mail/envelope.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace hearth::mail {
namespace {

struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// A part whose end isn't known yet. `part` stays valid: an open part is the last child of its parent, and the parent
// gets no further one before this is closed.
struct Open {
    Part* part;
    bool in_header = true;
    bool in_digest = false;
    std::string boundary;            // of a multipart that still looks for its parts
    std::uint64_t lines_at_body = 0; // line ends before body_begin
};

struct Delimiter {
    std::size_t level; // of the multipart, in the stack
    bool closing;
};

class Scanner {
public:
    explicit Scanner(std::string_view bytes) : bytes_(bytes) {}
    Part run();

private:
    std::optional<Delimiter> delimiter(std::string_view line) const;
    void open(Part& part, std::size_t begin, bool in_digest);
    void begin_body(std::size_t at);
    void open_children(Part& part, std::size_t at);
    void close_to(std::size_t size, std::size_t end, std::uint64_t lines);
    void at_delimiter(Delimiter found, std::size_t line_begin, std::size_t line_end);
    void forget_boundary(std::size_t level);
    [[nodiscard]] bool has_room() const {
        return stack_.size() < static_cast<std::size_t>(Limits::depth_max) && parts_ < Limits::parts_max;
    }

    std::string_view bytes_;
    std::vector<Open> stack_;
    std::unordered_map<std::string, std::vector<std::size_t>, Hash, std::equal_to<>> boundaries_;
    std::uint64_t lines_ = 0; // line ends before the line at hand
    int parts_ = 0;
};

bool is_identity(std::string_view encoding) {
    return equal_ignoring_case(encoding, "7bit") || equal_ignoring_case(encoding, "8bit") ||
           equal_ignoring_case(encoding, "binary");
}

bool has_message_type(const Part& part) {
    return equal_ignoring_case(part.type, "message") &&
           (equal_ignoring_case(part.subtype, "rfc822") || equal_ignoring_case(part.subtype, "global"));
}

void make_opaque(Part& part) {
    part.type = "APPLICATION";
    part.subtype = "OCTET-STREAM";
    part.parameters.clear();
}

void add_body_as_text(Part& part) {
    Part& text = part.children.emplace_back();
    make_plain(text);
    text.header_begin = text.body_begin = part.body_begin;
    text.end = part.end;
    text.lines = part.lines;
}

bool is_multipart_type(const Part& part) {
    return equal_ignoring_case(part.type, "multipart");
}

Part Scanner::run() {
    Part root;
    open(root, 0, false);
    for (std::size_t at = 0; at < bytes_.size();) {
        const auto* feed = static_cast<const char*>(std::memchr(bytes_.data() + at, '\n', bytes_.size() - at));
        const auto next = feed == nullptr ? bytes_.size() : static_cast<std::size_t>(feed - bytes_.data()) + 1;
        const auto line = bytes_.substr(at, next - at);
        if (const auto found = delimiter(line)) {
            at_delimiter(*found, at, next);
            if (feed != nullptr) ++lines_;
        } else {
            if (feed != nullptr) ++lines_;
            if (stack_.back().in_header && (line == "\r\n" || line == "\n")) begin_body(next);
        }
        at = next;
    }
    while (stack_.back().in_header)
        begin_body(bytes_.size());
    close_to(0, bytes_.size(), lines_);
    return root;
}

std::optional<Delimiter> Scanner::delimiter(std::string_view line) const {
    if (boundaries_.empty() || !line.starts_with("--")) return std::nullopt;
    const auto last = line.find_last_not_of(" \t\r\n");
    const auto token = line.substr(2, last - 1);
    if (const auto found = boundaries_.find(token); found != boundaries_.end())
        return Delimiter{found->second.back(), false};
    if (!token.ends_with("--")) return std::nullopt;
    const auto found = boundaries_.find(token.substr(0, token.size() - 2));
    if (found == boundaries_.end()) return std::nullopt;
    return Delimiter{found->second.back(), true};
}

void Scanner::open(Part& part, std::size_t begin, bool in_digest) {
    part.header_begin = begin;
    stack_.push_back({&part, true, in_digest, {}, 0});
    ++parts_;
}

// The header of the innermost open part ends at `at`: reads it, and opens what the part contains.
void Scanner::begin_body(std::size_t at) {
    Open& top = stack_.back();
    Part& part = *top.part;
    top.in_header = false;
    top.lines_at_body = lines_;
    part.body_begin = at;
    const auto header = bytes_.substr(part.header_begin, at - part.header_begin);
    read_content_fields(part, header, top.in_digest);
    if (stack_.size() > 1) {
        Part& parent = *stack_[stack_.size() - 2].part;
        if (has_message_type(parent)) parent.envelope = std::make_unique<Envelope>(parse_envelope(header));
    }
    open_children(part, at);
}

void Scanner::open_children(Part& part, std::size_t at) {
    if (is_multipart_type(part)) {
        auto boundary = std::string(trim(boundary_of(part)));
        if (boundary.empty()) return make_plain(part);
        if (!has_room() || !is_identity(part.encoding)) return make_opaque(part);
        boundaries_[boundary].push_back(stack_.size() - 1);
        stack_.back().boundary = std::move(boundary);
    } else if (has_message_type(part)) {
        if (!has_room() || !is_identity(part.encoding)) return make_opaque(part);
        open(part.children.emplace_back(), at, false);
    }
}

// Closes the innermost parts until `size` are open. `lines`: line ends before `end`. A header that runs into a
// delimiter keeps its last line end, so its part, and all around it, end at the delimiter itself.
void Scanner::close_to(std::size_t size, std::size_t end, std::uint64_t lines) {
    while (stack_.size() > size) {
        forget_boundary(stack_.size() - 1);
        const Open& top = stack_.back();
        Part& part = *top.part;
        end = std::max<std::size_t>(part.body_begin, end);
        lines = std::max(top.lines_at_body, lines);
        part.end = end;
        part.lines = lines - top.lines_at_body;
        if (is_multipart_type(part) && part.children.empty()) add_body_as_text(part);
        stack_.pop_back();
    }
}

// The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1).
void Scanner::at_delimiter(Delimiter found, std::size_t line_begin, std::size_t line_end) {
    while (stack_.back().in_header)
        begin_body(line_begin);
    auto end = line_begin;
    auto lines = lines_;
    if (end > 0) {
        --end;
        --lines;
        if (end > 0 && bytes_[end - 1] == '\r') --end;
    }
    close_to(found.level + 1, end, lines);
    Part& multipart = *stack_[found.level].part;
    if (found.closing || !has_room()) return forget_boundary(found.level);
    open(multipart.children.emplace_back(), line_end, equal_ignoring_case(multipart.subtype, "digest"));
}

void Scanner::forget_boundary(std::size_t level) {
    Open& multipart = stack_[level];
    if (multipart.boundary.empty()) return;
    const auto found = boundaries_.find(multipart.boundary);
    found->second.pop_back();
    if (found->second.empty()) boundaries_.erase(found);
    multipart.boundary.clear();
}

} // namespace

Part scan_message(std::string_view bytes) {
    return Scanner(bytes).run();
}

} // namespace hearth::mail
