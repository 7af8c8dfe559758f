module gonogo.test/pause

go 1.24
