// Data about people: what is collected, and requests about it.
#pragma once

#include "cli/command.h"

namespace warder::cli {

void add_privacy(Tree& tree);
/// Requests of data subjects.
void add_subjects(Tree& tree);

}  // namespace warder::cli
