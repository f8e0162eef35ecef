/* Gradient descent, a program that knows nothing of Sacred.

   Compile it, and run it with parameters; the metric is found in what it prints, and the file
   that it writes becomes an artifact:

    $ gcc -o descent descent.c
    $ sacred exec --quiet --metric 'loss: loss=(\S+)' --output path.csv with lr=0.25 -- ./descent {lr}
    step 0: loss=25
    step 1: loss=6.25
    step 2: loss=1.5625
    $ sacred metrics last
    metric    last     min  max     mean  count  step
    loss    1.5625  1.5625   25  10.9375      3     2
    $ sacred config last lr
    0.25
*/
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words) {
    double lr = count > 1 ? atof(words[1]) : 0.1, x = 5;
    FILE *path = fopen("path.csv", "w");
    if (path == NULL) return 1;
    for (int step = 0; step < 3; step++) {
        printf("step %d: loss=%g\n", step, x * x);
        fprintf(path, "%d,%g\n", step, x);
        x -= lr * 2 * x;
    }
    return fclose(path);
}
