// Memory that the program has freed and the allocator has kept.
#pragma once

namespace evershore::app {

// Gives it back to the system: after work that took much for a short time, as reading large zones. Takes some milliseconds.
void give_back_free_memory();

}  // namespace evershore::app
