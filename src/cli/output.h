// What a command prints: JSON for programs, aligned tables for people, tab-separated lines for pipes.
#pragma once

#include <boost/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "cli/session.h"

namespace warder::cli {

/// A column of a table: its heading and the JSON pointer of its value in an item ("/state").
struct Column {
  std::string_view heading;
  std::string_view pointer;
};

/// Text that cannot move the cursor, colour or reorder what a terminal shows: control and bidirectional formatting
/// characters and bytes that are not UTF-8 are escaped.
std::string printable(std::string_view text);

/// How many terminal columns printable text takes; East Asian wide characters take two.
std::size_t display_width(std::string_view text) noexcept;

/// A value in a cell: "-" for null and absent ones, yes and no, lists joined by commas.
std::string cell_text(const boost::json::value* value);

/// One JSON array, or a table.
void print_list(Session& session, const boost::json::array& items, std::span<const Column> columns);
/// One JSON object, or a line for each column. Without columns people get indented JSON.
void print_object(Session& session, const boost::json::value& object, std::span<const Column> columns = {});
/// A sentence for people; nothing with --json.
void print_note(Session& session, std::string_view text);

/// JSON with two spaces a level.
std::string pretty_json(const boost::json::value& value);

}  // namespace warder::cli
