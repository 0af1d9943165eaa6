// The guises in which a word stands in a password: other case, width or script, digits for letters, characters strewn
// in between, backwards. Both the words and the password are brought into few plain forms, and those compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace warder::manager {

/// What a password may say, folded: as it stands, without what is neither letter nor digit, without digits, with the
/// letters that digits and signs stand for (4 and @: a), and each of them backwards.
std::vector<std::string> guises_of(std::string_view password);

/// The runs of letters of one script in a folded text, as they stand and with the letters that signs and digits stand
/// for: "b0b-2" is "bob".
std::vector<std::string> letter_runs(std::string_view folded);

/// Only the letters of a folded text, digits and signs read as the letters they stand for at their place between
/// letters: "p@ssw0rd1!" is "password". `one` is what a 1 or a ! stands for: 'i' or 'l'.
std::string letters_meant(std::string_view folded, char one);

}  // namespace warder::manager
