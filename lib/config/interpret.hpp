// SPDX-License-Identifier: Apache-2.0
// From what is written to what holds: expands `$name`, `$ENV:NAME` and `<file`, checks each value against the schema,
// merges blocks of the same name, and leaves out what has no effect here. The result has every setting, each in
// canonical text and with its origin.
#pragma once

#include "config/block.hpp"
#include "config/files.hpp"
#include "config/report.hpp"
#include "config/schema.hpp"
#include "config/syntax.hpp"

#include <string>
#include <vector>

namespace hearth::config {

class Interpreter {
public:
    /// Starts with the schema's defaults. `files` and `report` must outlive it.
    Interpreter(const Files& files, Report& report);
    /// Applies statements of the outermost level; may be called again (defaults, file, overrides).
    void apply(const std::vector<Statement>& statements);
    /// The outermost block; the interpreter is used up.
    [[nodiscard]] Block take() { return std::move(root_); }

private:
    /// The block that statements go into, with those around it: where `$name` is looked up, innermost first.
    struct Place {
        Scope scope = Scope::global;
        Block* block = nullptr;
        const Place* outer = nullptr;
    };

    void section(const Statement& statement, const Place& place);
    void global_section(const Statement& statement, const Place& place);
    void service(const Statement& statement, const Place& place);
    void listener(const Statement& statement, const Place& place);
    void filter(const Statement& statement, const Place& place);
    void plugin(const Statement& statement);
    void quota(const Statement& statement, const Place& place);
    void nested(const Statement& statement, Scope scope, const std::string& name, bool merge, const Place& place);
    void inside(const Statement& statement, const Place& place);
    void set(const Statement& statement, const Place& place);
    void store(const SettingSpec& spec, const Statement& statement, std::string value, const Place& place);
    void unknown_setting(const Statement& statement, const Place& place);
    void unknown_section(const Statement& statement, const std::vector<std::string_view>& known);
    /// The value with everything expanded; false: an error was reported.
    bool expand(const SettingSpec& spec, const Word& value, const Place& place, std::string& result);
    bool expand_name(
        std::string_view name, const SettingSpec& spec, const Word& value, const Place& place, std::string& result);
    bool read_value_file(const SettingSpec& spec, const Word& value, std::string& result);
    /// A filter may change only what its readers look up again for each protocol or address.
    bool allowed_in_filter(const SettingSpec& spec, const Statement& statement, const Place& place);

    const Files& files_;
    Report& report_;
    Block root_;
};

/// A new block of this kind with all defaults of the schema.
Block block_of(Scope scope, std::string name, const Origin& origin);

/// Is this block a filter: protocol, local_name, local, remote?
bool is_filter(std::string_view type);

} // namespace hearth::config
