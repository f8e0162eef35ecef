# A polynomial through the stopping distances of cars, in R, which knows nothing of Sacred.
#
# The degree is an argument; metrics are JSON lines in $SACRED_METRICS, and what is written
# into $SACRED_RUN_DIR becomes an artifact. Without Sacred, it only prints:
#
#    $ sacred exec --quiet --no-trace with degree=2 -- Rscript fit.R {degree}
#    degree 2: RSS 10824.72
#    $ sacred exec --quiet --no-trace with degree=3 -- Rscript fit.R {degree}
#    degree 3: RSS 10634.36
#    $ sacred ls --columns id,degree,metrics.rss.min --sort id --csv
#    id,degree,metrics.rss.min
#    1,2,10824.715908
#    2,3,10634.361905
#    $ sacred cat last:coefficients.csv
#    "","x"
#    "(Intercept)",42.98
#    ...
words <- commandArgs(trailingOnly = TRUE)
degree <- if (length(words) > 0) as.integer(words[1]) else 1

fitted <- lm(dist ~ poly(speed, degree), data = cars)
rss <- sum(resid(fitted)^2)
cat(sprintf("degree %d: RSS %.2f\n", degree, rss))

metrics <- Sys.getenv("SACRED_METRICS")
if (metrics != "") {
  cat(sprintf('{"rss": %.6f, "result": %.6f}\n', rss, rss), file = metrics, append = TRUE)
  write.csv(coef(fitted), file.path(Sys.getenv("SACRED_RUN_DIR"), "coefficients.csv"))
}
