// SPDX-License-Identifier: Apache-2.0
#include "config/parser.hpp"

#include "base/text.hpp"
#include "config/cursor.hpp"

#include <algorithm>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

namespace hearth::config {
namespace {

using std::string_view;

class FileParser {
public:
    FileParser(const std::string& name, string_view text, ParseRun& run) : name_(name), at_(name, text), run_(run) {}

    std::vector<Statement> parse() {
        std::vector<Statement> statements;
        items(statements, nullptr);
        return statements;
    }

private:
    /// A section whose brace is open.
    struct Open {
        Origin brace;
        std::size_t logical_line = 0; ///< of the brace: what stands on the same one ends at ; and }
        std::size_t depth = 0;
    };

    void items(std::vector<Statement>& into, const Open* open);
    void item(std::vector<Statement>& into, const Open* open);
    void section(std::vector<Statement>& into, Word type, Word name, const Open* outer);
    void after_section(const Open& section, const Open* outer);
    void include(std::vector<Statement>& into, const Word& directive);
    void include_one(std::vector<Statement>& into, const std::string& path, const Origin& origin, bool must_exist);
    Word value(const Open* open);
    bool quoted(Word& word);
    Word plain(bool one_line);
    /// Gives up on this line, or in a one-line section on this setting; a section that begins at the line's end (its
    /// brace may have been read already) is read and thrown away.
    void skip_line(const Open* open, bool brace_read = false);
    void add(std::vector<Statement>& into, Statement statement);
    [[nodiscard]] bool ends_value(bool one_line) const {
        return at_.line_is_over() || (one_line && (at_.peek() == ';' || at_.peek() == '}'));
    }

    const std::string& name_;
    Cursor at_;
    ParseRun& run_;
    bool too_deep_ = false; ///< gave up on this file
};

void FileParser::add(std::vector<Statement>& into, Statement statement) {
    if (++run_.statements == statements_max)
        run_.report.error(statement.key.origin, fmt::format("more than {} settings", statements_max));
    if (run_.statements < statements_max) into.push_back(std::move(statement));
}

void FileParser::items(std::vector<Statement>& into, const Open* open) {
    for (;;) {
        at_.skip_to_statement();
        if (at_.at_end()) {
            if (open != nullptr && !too_deep_)
                run_.report.error(open->brace, "this section is never closed", "a `}` is missing in this file");
            return;
        }
        if (at_.peek() == '}') {
            const auto origin = at_.origin();
            at_.next();
            if (open != nullptr) return;
            run_.report.error(origin, "there is no open section that this `}` could close", "remove it");
            continue;
        }
        item(into, open);
    }
}

void FileParser::item(std::vector<Statement>& into, const Open* open) {
    Word key{.text = {}, .origin = at_.origin()};
    while (!at_.line_is_over() && string_view(" \t={};").find(at_.peek()) == string_view::npos)
        key.text += at_.next();
    if (key.text == "!include" || key.text == "!include_try") {
        return include(into, key);
    }
    if (key.text.empty()) {
        run_.report.error(key.origin, fmt::format("a name is missing before `{}`", at_.peek()), "write `key = value`");
        return skip_line(open);
    }
    at_.skip_blanks();
    if (at_.peek() == '=' && !at_.line_is_over()) {
        at_.next();
        auto written = value(open);
        return add(into, {.is_section = false, .key = std::move(key), .value = std::move(written), .inside = {}});
    }
    Word name{.text = {}, .origin = at_.origin()};
    if (!at_.line_is_over() && (at_.peek() == '"' || at_.peek() == '\'')) {
        if (!quoted(name)) return skip_line(open);
    } else {
        const bool one_line = open != nullptr && open->logical_line == at_.logical_line();
        while (!at_.line_is_over() && !at_.is_blank() && !(name.text.empty() && at_.peek() == '{') &&
               !(one_line && at_.peek() == ';'))
            name.text += at_.next();
    }
    at_.skip_blanks();
    if (at_.line_is_over() || at_.peek() != '{') {
        const auto shown = printable(key.text, 60);
        if (name.text.empty() && !name.quoted)
            run_.report.error(key.origin, fmt::format("`{}` is followed by neither `=` nor `{{`", shown),
                fmt::format("write `{} = value`", shown));
        else if (name.text.ends_with('{'))
            run_.report.error(name.origin, "`{` belongs to the name here", "put a blank before `{`");
        else
            run_.report.error(name.origin,
                fmt::format("expected `=` after `{}`, or `{{` behind a section's name", shown),
                fmt::format("write `{} = {}`, or `{} {} {{`", shown, printable(name.text, 60), shown,
                    printable(name.text, 60)));
        return skip_line(open, name.text.ends_with('{'));
    }
    section(into, std::move(key), std::move(name), open);
}

void FileParser::section(std::vector<Statement>& into, Word type, Word name, const Open* outer) {
    Open open{
        .brace = at_.origin(), .logical_line = at_.logical_line(), .depth = outer == nullptr ? 1 : outer->depth + 1};
    at_.next();
    Statement made{.is_section = true, .key = std::move(type), .value = std::move(name), .inside = {}};
    if (open.depth > section_depth_max) {
        run_.report.error(
            open.brace, fmt::format("sections stand in one another more than {} deep", section_depth_max));
        too_deep_ = true;
        return at_.skip_rest();
    }
    items(made.inside, &open);
    add(into, std::move(made));
    after_section(open, outer);
}

void FileParser::after_section(const Open& section, const Open* outer) {
    if (at_.logical_line() == section.logical_line && outer != nullptr && outer->logical_line == section.logical_line)
        return;
    at_.skip_blanks();
    if (at_.line_is_over() || (outer != nullptr && at_.peek() == '}')) return;
    if (at_.logical_line() == section.logical_line && at_.peek() == ';') return;
    run_.report.error(at_.origin(), "nothing may follow `}` on its line", "begin a new line");
    skip_line(outer);
}

void FileParser::skip_line(const Open* open, bool brace_read) {
    const bool one_line = open != nullptr && open->logical_line == at_.logical_line();
    char last = brace_read ? '{' : ' ';
    auto brace = at_.origin();
    while (!ends_value(one_line)) {
        if (!at_.is_blank()) {
            last = at_.peek();
            brace = at_.origin();
        }
        at_.next();
    }
    if (last != '{') return;
    Open lost{.brace = brace, .logical_line = at_.logical_line(), .depth = open == nullptr ? 1 : open->depth + 1};
    if (lost.depth > section_depth_max) {
        too_deep_ = true;
        return at_.skip_rest();
    }
    std::vector<Statement> ignored;
    items(ignored, &lost);
}

Word FileParser::value(const Open* open) {
    const bool one_line = open != nullptr && open->logical_line == at_.logical_line();
    at_.skip_blanks();
    if (at_.line_is_over() || (at_.peek() != '"' && at_.peek() != '\'')) return plain(one_line);
    Word word{.text = {}, .origin = at_.origin()};
    if (!quoted(word)) return word;
    at_.skip_blanks();
    if (!ends_value(one_line)) {
        run_.report.error(at_.origin(), "the quotes must hold the entire value",
            "put all of it into one pair of quotes, or use none");
        skip_line(open);
    }
    return word;
}

bool FileParser::quoted(Word& word) {
    word.quoted = true;
    const char quote = at_.next();
    while (!at_.at_end() && at_.peek() != '\n') {
        char byte = at_.next();
        if (byte == quote) return true;
        if (byte == '\\' && !at_.at_end() && at_.peek() != '\n') byte = at_.next();
        word.text += byte;
    }
    run_.report.error(
        word.origin, fmt::format("this {} is never closed on its line", quote), "close it, or begin without it");
    return false;
}

Word FileParser::plain(bool one_line) {
    Word word{.text = {}, .origin = at_.origin()};
    std::size_t braces = 0; // as in %{pid}
    while (!at_.line_is_over()) {
        const char byte = at_.peek();
        if (one_line && (byte == ';' || (byte == '}' && braces == 0))) break;
        if (byte == '{') ++braces;
        if (byte == '}' && braces > 0) --braces;
        word.text += at_.next();
    }
    word.text = trim(word.text);
    return word;
}

void FileParser::include(std::vector<Statement>& into, const Word& directive) {
    const bool must_exist = directive.text == "!include";
    const auto path = value(nullptr);
    if (path.text.empty())
        return run_.report.error(directive.origin, fmt::format("{} names no file", directive.text),
            fmt::format("write `{} conf.d/*.conf`", directive.text));
    const auto pattern = relative_to(name_, path.text);
    if (path.text.find_first_of("*?[") == std::string::npos) return include_one(into, pattern, path.origin, must_exist);
    for (const auto& file : run_.files.glob(pattern))
        include_one(into, file, path.origin, true);
}

void FileParser::include_one(
    std::vector<Statement>& into, const std::string& path, const Origin& origin, bool must_exist) {
    const auto shown = printable(path, 200);
    if (std::find(run_.open_files.begin(), run_.open_files.end(), path) != run_.open_files.end())
        return run_.report.error(origin, fmt::format("{} includes itself", shown), "remove one of the !include lines");
    if (run_.open_files.size() >= include_depth_max)
        return run_.report.error(origin, fmt::format("files include one another more than {} deep", include_depth_max));
    if (run_.files_opened >= included_files_max)
        return run_.report.error(origin, fmt::format("more than {} files are included", included_files_max));
    const auto text = run_.files.read(path);
    if (!text) {
        if (!must_exist && text.error() == boost::system::errc::no_such_file_or_directory) return;
        return run_.report.error(origin, fmt::format("can't read {}: {}", shown, text.error().message()),
            must_exist && text.error() == boost::system::errc::no_such_file_or_directory
                ? "write !include_try if it may be missing"
                : "");
    }
    auto statements = parse_text(path, *text, run_);
    into.insert(into.end(), std::make_move_iterator(statements.begin()), std::make_move_iterator(statements.end()));
}

// CRLF becomes LF, a byte order mark goes.
std::string normalize(string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') result += text[i];
    return result;
}

// The place of the first byte that no configuration has; line 0 when there is none.
Origin first_control_byte(const std::string& name, string_view text) {
    Origin at{.file = name, .line = 1, .column = 1};
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        if (byte == '\n') {
            ++at.line;
            at.column = 1;
            continue;
        }
        if ((code < 0x20 && byte != '\t') || code == 0x7f) return at;
        ++at.column;
    }
    return {};
}

} // namespace

std::string relative_to(const std::string& from, const std::string& path) {
    const auto slash = from.rfind('/');
    if (path.starts_with('/') || slash == std::string::npos) return path;
    return from.substr(0, slash + 1) + path;
}

std::vector<Statement> parse_text(const std::string& name, string_view text, ParseRun& run) {
    const auto normal = normalize(text);
    run.report.add_source(name, normal);
    ++run.files_opened;
    if (const auto bad = first_control_byte(name, normal); bad.line > 0) {
        run.report.error(bad, "this file holds a control byte; it is not read", "remove the byte; is it a text file?");
        return {};
    }
    run.open_files.push_back(name);
    auto statements = FileParser(name, normal, run).parse();
    run.open_files.pop_back();
    return statements;
}

std::vector<Statement> parse_file(const std::string& path, ParseRun& run) {
    const auto text = run.files.read(path);
    if (text) return parse_text(path, *text, run);
    run.report.error({.file = path, .line = 0, .column = 0},
        fmt::format("can't read the configuration: {}", text.error().message()));
    return {};
}

std::vector<Statement> parse_override(const std::string& assignment, std::size_t number, Report& report) {
    const auto file = fmt::format("-o {}", number);
    report.add_source(file, assignment);
    const Origin origin{.file = file, .line = 1, .column = 1};
    const auto equals = assignment.find('=');
    if (equals == std::string::npos || first_control_byte(file, assignment).line > 0 ||
        assignment.find('\n') != std::string::npos) {
        report.error(origin, "an override is `key=value`", "for example service/imap/client_limit=4");
        return {};
    }
    const auto parts = split(trim(string_view(assignment).substr(0, equals)), '/');
    const Origin value_origin{.file = file, .line = 1, .column = static_cast<std::uint32_t>(equals + 2)};
    Statement made{.is_section = false,
        .key = {.text = std::string(parts.back()), .origin = origin},
        .value = {.text = std::string(trim(string_view(assignment).substr(equals + 1))), .origin = value_origin},
        .inside = {}};
    if (parts.size() % 2 == 0 || parts.size() > 2 * section_depth_max) {
        report.error(origin, "a setting inside of a section is written type/name/key",
            "for example service/imap/client_limit=4");
        return {};
    }
    // Innermost section first.
    for (auto i = parts.size() - 1; i > 0; i -= 2) {
        Statement outer{.is_section = true,
            .key = {.text = std::string(parts[i - 2]), .origin = origin},
            .value = {.text = std::string(parts[i - 1]), .origin = origin},
            .inside = {}};
        outer.inside.push_back(std::move(made));
        made = std::move(outer);
    }
    std::vector<Statement> statements;
    statements.push_back(std::move(made));
    return statements;
}

} // namespace hearth::config
