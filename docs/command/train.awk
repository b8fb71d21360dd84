# Logistic regression on points in the plane, by SGD or its sign, as an example of a program in any
# language: it gets everything by -v and writes a row for each epoch to the file `history`.

function random() { state = (state * 16807) % 2147483647; return state / 2147483647 }
function normal() { return sqrt(-2 * log(random())) * cos(6.283185307179586 * random()) }

function draw(part, count,    i) {
    size[part] = count
    for (i = 1; i <= count; i++) {
        label[part, i] = random() < 0.5
        x[part, i] = normal() + (label[part, i] ? 1 : -1)
        y[part, i] = normal() + (label[part, i] ? 1 : -1)
    }
}

# A large score is cut: exp() of it would be no number.
function probability(part, i,    score) {
    score = a * x[part, i] + b * y[part, i] + c
    return 1 / (1 + exp(-(score > 30 ? 30 : score < -30 ? -30 : score)))
}

function measure(part,    i, p) {
    loss = right = 0
    for (i = 1; i <= size[part]; i++) {
        p = probability(part, i)
        loss -= log(label[part, i] ? p : 1 - p)
        right += (p > 0.5) == label[part, i]
    }
    loss /= size[part]
    return right / size[part]
}

function step(gradient) { return lr * (optimizer == "sign" ? (gradient > 0) - (gradient < 0) : gradient) }

BEGIN {
    state = 1
    for (i = 0; i < 10; i++) random()
    draw("train", 200); draw("validation", 200); draw("test", 200)
    state = seed + 12345
    a = normal(); b = normal(); c = 0
    print "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy" > history
    for (epoch = 1; epoch <= epochs; epoch++) {
        for (n = 1; n <= size["train"]; n++) {
            i = 1 + int(random() * size["train"])
            error = probability("train", i) - label["train", i]
            a -= step(error * x["train", i]); b -= step(error * y["train", i]); c -= step(error)
        }
        if (a * a + b * b > 1e6) { print epoch ",nan,nan,nan,nan,," > history; exit }
        row = epoch
        accuracy = measure("train"); row = row "," loss "," accuracy
        accuracy = measure("validation"); row = row "," loss "," accuracy
        accuracy = measure("test"); row = row "," loss "," accuracy
        print row > history
    }
}
