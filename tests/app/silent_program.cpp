// Says nothing and goes on: a program that hangs.
#include <unistd.h>

int main() {
    for (;;) ::pause();
}
