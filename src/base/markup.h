// Text inside of other languages: what must be escaped, in one place for each of them.
#pragma once

#include <string>
#include <string_view>

namespace warder {

/// For HTML's text and for its attributes in double quotes.
std::string escape_html(std::string_view text);

/// Appends a cell to a line of CSV (RFC 4180), always quoted, after a comma unless it is the first. One that a
/// spreadsheet would take for a formula gets an apostrophe before it (OWASP: CSV injection).
void append_csv_cell(std::string& line, std::string_view text);

}  // namespace warder
